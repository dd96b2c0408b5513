"""Finds plugins among installed entry points. Reads metadata only."""

import os

from plugmux_bridge.errors import BridgeError
from plugmux_bridge.modules import make_bare

GROUP = "jaato.plugins"

# Names of the framework's own plugins. Those in CRITICAL decide what may run and are never shadowed implicitly.
CRITICAL = {"cli", "mcp", "permission", "sandbox_manager", "service_connector", "interactive_shell"}
RESERVED = CRITICAL | {
    "artifact_tracker", "ast_search", "background", "calculator", "clarification", "environment", "file_edit", "filesystem_query",
    "introspection", "lsp", "memory", "multimodal", "references", "session", "subagent", "template", "todo", "web_fetch", "web_search",
}  # fmt: skip
OWN = {"jaato", "jaato-server", "jaato-sdk"}


def find_entry_point(name, distribution=None):
    """Returns the entry point with that name. If several distributions have one, `distribution` selects it."""
    from importlib.metadata import entry_points

    every = sorted(filter(_has_owner, entry_points(group=GROUP)), key=lambda ep: (ep.name, ep.dist.name))
    found = [ep for ep in every if ep.name == name and (distribution is None or normalise(ep.dist.name) == normalise(distribution))]
    offered = _unique(found)
    if len(offered) == 1:
        _refuse_unlisted(offered[0])
        refuse_shadow(name, offered[0], distribution)
        return offered[0]
    if not offered:
        where = f" of the distribution {distribution}" if distribution else ""
        seen = ", ".join(f"{ep.name} ({ep.dist.name})" for ep in _unique(every)) or "none"
        raise BridgeError(
            "ENTRY_NOT_FOUND",
            f'No entry point "{name}"{where} in the group {GROUP}. Found: {seen}.',
            'Correct "entryPoints", or name the environment with "python" or a folder with "paths".',
        )
    named = " and ".join(f"{ep.dist.name}:{name}" for ep in offered)
    raise BridgeError(
        "NAME_COLLISION",
        f'Several distributions offer the entry point "{name}": {named}.',
        f'Name one of them as "<distribution>:{name}".',
    )


# Trust depends on the distribution's name. The remains of a badly removed one may have entry points but no name.
def _has_owner(entry_point):
    try:
        return bool(entry_point.dist.name)
    except Exception:  # noqa: BLE001 - how it fails depends on the version of Python
        return False


def _refuse_unlisted(entry_point):
    """Enforces the framework's allow-list of distributions, if its environment variable is set."""
    allowed = {normalise(name.strip()) for name in os.environ.get("JAATO_PLUGIN_ENTRY_POINT_ALLOWLIST", "").split(",") if name.strip()}
    if allowed and normalise(entry_point.dist.name) not in allowed | OWN:
        raise BridgeError(
            "DENIED",
            f"The distribution {entry_point.dist.name} is not on JAATO_PLUGIN_ENTRY_POINT_ALLOWLIST.",
            'Add it to that variable under "env", or remove the variable.',
        )


def refuse_shadow(name, entry_point, qualified):
    """Rejects a foreign distribution that uses the name of a framework plugin, unless the configuration names that distribution."""
    foreign = normalise(entry_point.dist.name) not in OWN
    if name not in RESERVED or not foreign or qualified:
        return
    if name not in CRITICAL and os.environ.get("JAATO_PLUGIN_ALLOW_SHADOW", "").lower() in ("1", "true", "yes"):
        return
    raise BridgeError(
        "DENIED",
        f'The entry point {entry_point.name} of {entry_point.dist.name} uses the name "{name}" of a framework plugin.',
        f'If this is intended, write "{entry_point.dist.name}:{entry_point.name}".',
    )


def load_entry_point(entry_point, bare):
    """Loads an entry point; `bare` skips the parent packages of its module."""
    if not bare:
        return entry_point.load()
    import importlib
    from importlib.util import find_spec

    parts = entry_point.module.split(".")
    top = find_spec(parts[0])
    folder = next(iter(top.submodule_search_locations or [])) if top is not None else None
    if folder is not None:
        for depth in range(1, len(parts)):
            make_bare(".".join(parts[:depth]), os.path.join(folder, *parts[1:depth]))
    found = importlib.import_module(entry_point.module)
    for name in entry_point.attr.split("."):
        found = getattr(found, name)
    return found


def normalise(distribution):
    """Normalizes a distribution's name (PEP 503)."""
    import re

    return re.sub(r"[-_.]+", "-", distribution).lower()


# A distribution may be found twice, in two folders of the path. The first is used, as for imports.
def _unique(entry_points):
    seen = {}
    for entry_point in entry_points:
        seen.setdefault((entry_point.name, normalise(entry_point.dist.name)), entry_point)
    return list(seen.values())
