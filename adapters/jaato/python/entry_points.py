"""Finds plugins among the entry points of what is installed; reads metadata only."""

import os

from plugmux_bridge.errors import BridgeError
from plugmux_bridge.modules import make_bare

GROUP = "jaato.plugins"

# Plugins of the framework itself. Those of the first kind decide what may run: nothing takes their place unasked.
CRITICAL = {"cli", "mcp", "permission", "sandbox_manager", "service_connector", "interactive_shell"}
RESERVED = CRITICAL | {
    "artifact_tracker", "ast_search", "background", "calculator", "clarification", "environment", "file_edit", "filesystem_query",
    "introspection", "lsp", "memory", "multimodal", "references", "session", "subagent", "template", "todo", "web_fetch", "web_search",
}  # fmt: skip
OWN = {"jaato", "jaato-server", "jaato-sdk"}


def find_entry_point(name, distribution=None):
    """The one entry point of that name; its distribution decides where two offer it."""
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
            f'There is no entry point "{name}"{where} in the group {GROUP}. Seen: {seen}.',
            'Correct "entryPoints", or name the environment with "python" or a folder with "paths".',
        )
    named = " and ".join(f"{ep.dist.name}:{name}" for ep in offered)
    raise BridgeError(
        "NAME_COLLISION",
        f'Several distributions offer the entry point "{name}": {named}.',
        f'Name one of them as "<distribution>:{name}".',
    )


# Trust hangs on the distribution's name. What is left of one that was removed badly may have entry points and no name.
def _has_owner(entry_point):
    try:
        return bool(entry_point.dist.name)
    except Exception:  # noqa: BLE001 - how it fails depends on the version of Python
        return False


def _refuse_unlisted(entry_point):
    """The framework's own allow-list of distributions, where it is set in the process's environment."""
    allowed = {normalise(name.strip()) for name in os.environ.get("JAATO_PLUGIN_ENTRY_POINT_ALLOWLIST", "").split(",") if name.strip()}
    if allowed and normalise(entry_point.dist.name) not in allowed | OWN:
        raise BridgeError(
            "DENIED",
            f"The distribution {entry_point.dist.name} is not on JAATO_PLUGIN_ENTRY_POINT_ALLOWLIST.",
            'Add it to that variable under "env", or take the variable out.',
        )


def refuse_shadow(name, entry_point, qualified):
    """Names of the framework's own plugins are for its own distributions, unless the configuration names the other one."""
    foreign = normalise(entry_point.dist.name) not in OWN
    if name not in RESERVED or not foreign or qualified:
        return
    if name not in CRITICAL and os.environ.get("JAATO_PLUGIN_ALLOW_SHADOW", "").lower() in ("1", "true", "yes"):
        return
    raise BridgeError(
        "DENIED",
        f'The entry point {entry_point.name} of {entry_point.dist.name} takes the name "{name}" of one of the framework\'s own plugins.',
        f'If that is what you want, name it "{entry_point.dist.name}:{entry_point.name}".',
    )


def load_entry_point(entry_point, bare):
    """What an entry point names; `bare` leaves out the packages above its module."""
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
    """A distribution's name as PEP 503 compares it."""
    import re

    return re.sub(r"[-_.]+", "-", distribution).lower()


# One distribution may be seen twice, through two folders of the path; the first one counts, as for imports.
def _unique(entry_points):
    seen = {}
    for entry_point in entry_points:
        seen.setdefault((entry_point.name, normalise(entry_point.dist.name)), entry_point)
    return list(seen.values())
