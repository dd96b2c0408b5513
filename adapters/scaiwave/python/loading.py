"""Loads plugin objects from a file or folder."""

import os
import sys
from inspect import isabstract

from plugmux_bridge.errors import BridgeError, describe, describe_kind, trace
from plugmux_bridge.modules import explain_import_error, import_file, import_from, make_bare, prepend_paths
from plugmux_bridge.standins import StandIn, StandIns

from . import plugin_types
from .manifest import LeftOut, Manifest

_SOURCE = "scaiwave:source"
_BUILTIN = "app.plugins.builtin"
_REAL = "ScaiWave"
_TAKE_OUT = 'remove its entry, or add the folder with that program\'s own modules to "paths".'


class Source:
    """The plugins that one process has loaded, for one entry of the configuration."""

    def __init__(self, standins):
        self.standins = standins
        self.found = []
        # File names, with the reason why they failed to load.
        self.broken = {}
        # File names, with their abstract classes, if they have no concrete one.
        self.barren = {}
        # Names of skipped classes, with the reason.
        self.left_out = {}
        self.problems = []
        self.foreign = False
        self._warned = []

    def add(self, plugin, place):
        before = len(plugin_types.warnings)
        name = type(plugin).__name__
        try:
            manifest = Manifest(plugin.manifest)
        except BaseException as error:  # noqa: BLE001 - foreign code
            self.broken[f"{name} of {place}"] = f"it has no usable manifest: {describe(error)}"
            return
        # Warnings about manifest fields that the documented types lack.
        for _, text in plugin_types.warnings[before:]:
            manifest.note(text)
            self._warned.append(text)
        del plugin_types.warnings[before:]
        twin = next((other for _, other in self.found if other.id == manifest.id), None)
        if twin is not None:
            twin.note(f"Two plugins have the id {manifest.id}: {name} of {place} is left out.")
            self.left_out[name] = f"it has the id {manifest.id}, which another plugin has"
            return
        self.found.append((plugin, manifest))

    def assign_warnings(self):
        """Assigns import warnings to the plugins of their modules, or to the first plugin if unknown. Returns all warnings."""
        for module, text in dict.fromkeys(plugin_types.warnings):
            owners = [manifest for plugin, manifest in self.found if module in {cls.__module__ for cls in type(plugin).__mro__}]
            for manifest in owners or [manifest for _, manifest in self.found[:1]]:
                manifest.note(text)
            self._warned.append(text)
        plugin_types.warnings.clear()
        return list(dict.fromkeys(self._warned))

    def pick(self, wanted, class_name=None):
        """Returns the plugin with that id or class name, or the first one if None. Raises PLUGIN_FAILED if there is none."""
        for plugin, manifest in self.found:
            if wanted is None or wanted in (manifest.id, type(plugin).__name__):
                return plugin, manifest
        reason = self.left_out.get(class_name) or self._unlisted(class_name)
        if reason is not None:
            return None, LeftOut(wanted, reason)
        known = ", ".join(manifest.id for _, manifest in self.found) or "none"
        reasons = "".join(f" {name}: {reason}." for name, reason in self.broken.items())
        reasons += "".join(f" {problem}" for problem in self.problems)
        what = "no plugin" if wanted is None else f"no plugin {wanted}"
        fix = f"If it belongs to another program that uses these module names, it is not a ScaiWave plugin: {_TAKE_OUT}" if self.foreign else None
        raise BridgeError("PLUGIN_FAILED", f"The source contains {what}; found: {known}.{reasons}", fix)

    # With a BUILTIN_PLUGINS list, classes outside it are not plugins.
    def _unlisted(self, wanted):
        if not self.found or wanted is None:
            return None
        classes, base = [], base_class()
        for cls in base.__subclasses__():
            classes.append(cls)
        for cls in classes:
            if cls.__name__ == wanted and not isabstract(cls):
                return "it is not in the list BUILTIN_PLUGINS"
            classes.extend(sub for sub in cls.__subclasses__() if sub not in classes)
        return None


def base_class():
    """The base class of plugins, real or stand-in."""
    module = sys.modules.get("app.plugins.base")
    return getattr(module, "BasePlugin", plugin_types.BasePlugin)


def source_of(params, context):
    """Returns the source of this process. Imports it on first use."""
    source = context.shared.get(_SOURCE)
    if source is None:
        # Runs on the loop, like calls do, because objects that a constructor opens may belong to its thread.
        source = context.shared[_SOURCE] = context.run_on_loop(lambda: _load(params, context))
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
        # Files with only base classes of loaded plugins are fine.
        if not source.found or not all(cls.__subclasses__() for cls in classes):
            source.broken[place] = f"it contains no complete BasePlugin class{_lacking(classes)}"
            source.foreign = True
    for text in source.assign_warnings():
        context.log("warn", text)
    return source


def _lacking(classes):
    missing = [f"{cls.__name__} has no {', no '.join(sorted(cls.__abstractmethods__))}" for cls in classes]
    return f": {'; '.join(missing)}" if missing else ""


# Loads the plugins of the original's list, if there is one.
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


# Creates bare parent packages that only locate modules: in the source, then in the folders of the path.
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
    base = base_class()
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
        # The missing module is another name of a stand-in, or in the same package.
        missing = getattr(error, "name", None) or ""
        if source.standins.real_of(missing) is not None or missing.split(".")[0] == "app":
            source.foreign = True
        source.broken[place] = text
    except BaseException as error:  # noqa: BLE001 - a plugin may call sys.exit while it is imported
        context.log("warn", trace(error))
        source.broken[place] = describe_kind(error)
    return None


# A half-imported package must not be found again.
def _forget(name):
    sys.modules.pop(name, None)
