"""From a file or a folder to plugin objects."""

import os
import sys
from inspect import isabstract

from plugmux_bridge.errors import BridgeError, describe, describe_kind, trace
from plugmux_bridge.modules import explain_import_error, import_file, import_from, make_bare, prepend_paths
from plugmux_bridge.standins import StandIn, StandIns

from . import plugin_types
from .manifest import Manifest

_SOURCE = "scaiwave:source"
_BUILTIN = "app.plugins.builtin"
_REAL = "ScaiWave"


class Source:
    """What one process has loaded: one entry of the configuration."""

    def __init__(self, standins):
        self.standins = standins
        self.found = []
        # Name of a file, and why nothing came of it.
        self.broken = {}
        # Name of a file, and the classes in it that leave something to their heirs.
        self.barren = {}
        self.problems = []

    def add(self, plugin, place):
        try:
            manifest = Manifest(plugin.manifest)
        except BaseException as error:  # noqa: BLE001 - foreign code
            self.problems.append(f"{type(plugin).__name__} of {place} has no usable manifest: {describe(error)}.")
            return
        twin = next((other for _, other in self.found if other.id == manifest.id), None)
        if twin is not None:
            self.problems.append(f"Two plugins have the id {manifest.id}: {manifest.name} of {place} is left out.")
            return
        self.found.append((plugin, manifest))

    def pick(self, wanted, context):
        """The plugin of that id or class name; without one the first, whose siblings nobody asked for."""
        for plugin, manifest in self.found:
            if wanted is None or wanted in (manifest.id, type(plugin).__name__):
                return plugin, manifest
        known = ", ".join(manifest.id for _, manifest in self.found) or "none"
        reasons = "".join(f" {name}: {reason}." for name, reason in self.broken.items())
        reasons += "".join(f" {problem}" for problem in self.problems)
        what = "no plugin" if wanted is None else f"no plugin {wanted}"
        raise BridgeError("PLUGIN_FAILED", f"The source holds {what}; found: {known}.{reasons}")


def source_of(params, context):
    """The source of this process, imported with its first plugin."""
    source = context.shared.get(_SOURCE)
    if source is None:
        source = context.shared[_SOURCE] = _load(params, context)
    return source


def _load(params, context):
    context.stage("find")
    standins = StandIns(context.log)
    if params.get("standins", "auto") != "off":
        standins.offer({"app.plugins.base": StandIn(plugin_types.base, _REAL), "app.plugins.protocol": StandIn(plugin_types.protocol, _REAL)})
    prepend_paths(params.get("paths", []))
    source = Source(standins)
    context.stage("import")
    registered = _registered(params, source, context)
    if registered is None:
        for module in params["modules"]:
            _take_module(module, params, source, context)
    for place, classes in source.barren.items():
        # A file that others build on has done its part.
        if not source.found or not all(cls.__subclasses__() for cls in classes):
            source.broken[place] = "it holds no class that is a complete BasePlugin"
    for text in plugin_types.warnings:
        source.problems.append(text + ".")
        context.log("warn", text)
    return source


# The list that the original reads, where there is one.
def _registered(params, source, context):
    listed = params.get("list")
    if listed is None:
        return None
    _make_parents(listed, params)
    module = _attempt(lambda: import_from(listed["root"], _BUILTIN, []), "__init__.py", source, context)
    plugins = getattr(module, "BUILTIN_PLUGINS", None) if module is not None else None
    if not isinstance(plugins, (list, tuple)):
        if module is not None:
            source.problems.append(f"{_BUILTIN} has no list BUILTIN_PLUGINS; its files are read one by one.")
        _forget(_BUILTIN)
        return None
    _take_list(plugins, "BUILTIN_PLUGINS", source, context)
    return plugins


# Parents that only say where their modules are: those of the source, then those of the folders on the path.
def _make_parents(spec, params):
    for name in spec["bare"]:
        parts = name.split(".")
        make_bare(name, os.path.join(spec["root"], *parts))
        known = sys.modules[name].__path__
        for folder in (os.path.join(path, *parts) for path in params.get("paths", [])):
            if os.path.isdir(folder) and folder not in known:
                known.append(folder)


def _take_module(spec, params, source, context):
    if spec["kind"] == "file":
        run = lambda: import_file(spec["file"], spec["module"])  # noqa: E731
    else:
        _make_parents(spec, params)
        run = lambda: import_from(spec["root"], spec["module"], [])  # noqa: E731
    module = _attempt(run, spec["file"], source, context)
    if module is None:
        return
    plugins = getattr(module, "BUILTIN_PLUGINS", None)
    if isinstance(plugins, (list, tuple)):
        _take_list(plugins, spec["file"], source, context)
        return
    base = sys.modules["app.plugins.base"].BasePlugin if "app.plugins.base" in sys.modules else plugin_types.BasePlugin
    own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    family = [cls for cls in dict.fromkeys(own) if issubclass(cls, base)]
    classes = [cls for cls in family if not isabstract(cls)]
    if not classes:
        source.barren[spec["file"]] = family
    _take_list(classes, spec["file"], source, context)


def _take_list(plugins, place, source, context):
    for item in plugins:
        plugin = _attempt(item, place, source, context) if isinstance(item, type) else item
        if plugin is not None:
            source.add(plugin, place)


def _attempt(run, place, source, context):
    try:
        return run()
    except ImportError as error:
        context.log("warn", trace(error))
        text, _ = explain_import_error(error, source.standins)
        source.broken[place] = text
    except BaseException as error:  # noqa: BLE001 - a plugin may call sys.exit while it is imported
        context.log("warn", trace(error))
        source.broken[place] = describe_kind(error)
    return None


# A package whose own code failed halfway must not be found again as if it were whole.
def _forget(name):
    sys.modules.pop(name, None)
