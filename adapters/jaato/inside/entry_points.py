"""Finds plugins among the entry points of what is installed; reads metadata only."""

from plugmux_bridge.errors import BridgeError

GROUP = "jaato.plugins"


def find_entry_point(name, distribution=None):
    """The one entry point of that name; its distribution decides where two offer it."""
    from importlib.metadata import entry_points

    every = sorted(entry_points(group=GROUP), key=lambda ep: (ep.name, ep.dist.name))
    found = [ep for ep in every if ep.name == name and (distribution is None or normalise(ep.dist.name) == normalise(distribution))]
    offered = _unique(found)
    if len(offered) == 1:
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
