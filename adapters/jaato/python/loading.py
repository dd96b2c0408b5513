"""Loads plugins. Find and import run on the main thread, factory and protocol check on the plugin's own thread."""

import os
import sys

from plugmux_bridge.errors import BridgeError, describe_kind, trace
from plugmux_bridge.loop import own_loop
from plugmux_bridge.modules import explain_import_error, import_file, import_from, prepend_paths
from plugmux_bridge.standins import StandIns

from .contract import Contract
from .entry_points import find_entry_point, load_entry_point, refuse_shadow
from .python_version import fits_python, required_python
from .standins.modules import jaato_stand_ins

_STANDINS = "jaato:standins"


class Found:
    """An imported plugin: its factory and origin."""

    def __init__(self, params, factory, module, standins, source, entry_point):
        self._params = params
        self._entry_point = entry_point
        self.factory = factory
        self.module = module
        self.standins = standins
        # Entry point, distribution and file, for display.
        self.source = source

    def make(self, context):
        """Creates a plugin object and checks its contract. Does not initialize it."""
        context.stage("factory")
        own_loop()
        plugin = _guarded("factory", self.factory, context, self.standins)
        context.stage("protocol")
        contract = Contract(plugin)
        contract.require(self._params.get("strictProtocol"))
        if self._entry_point is not None:
            refuse_shadow(contract.name, self._entry_point, self._params["find"].get("distribution"))
        return contract


def load(params, context):
    context.stage("find")
    standins = _stand_ins(params, context)
    prepend_paths(params.get("paths", []))
    find = params["find"]
    source, entry_point = {}, None
    if find["kind"] == "entryPoint":
        entry_point = find_entry_point(find["name"], find.get("distribution"))
        source = {"entryPoint": entry_point.name, "value": entry_point.value, "distribution": entry_point.dist.name}
        source["version"] = entry_point.dist.version
        run = lambda: load_entry_point(entry_point, params.get("bareParents") == "on")  # noqa: E731
    elif find["kind"] == "file":
        run = lambda: import_file(find["file"], find["module"])  # noqa: E731
    else:
        run = lambda: import_from(find["root"], find["module"], find.get("bare", []))  # noqa: E731

    context.stage("import")
    try:
        found = _guarded("import", run, context, standins)
    except BridgeError as error:
        _name_origin(error, entry_point, find.get("file") or os.path.join(find.get("root", ""), *find.get("module", "").split(".")))
        if find["kind"] == "entryPoint" and params.get("bareParents", "auto") == "auto" and _has_parents(entry_point):
            context.log("warn", f"{error.message} It is retried without its parent packages.")
            error.field = "bareParents"
        raise
    module, factory = _factory_of(find, found)
    source["file"] = getattr(module, "__file__", None)
    _check_kind(module, find)
    return Found(params, factory, module, standins, source, entry_point)


# Adds the origin of a load error, and whether the plugin requires another Python version.
def _name_origin(error, entry_point, path):
    if entry_point is not None:
        dist = entry_point.dist
        error.message = f'The entry point "{entry_point.name}" ({entry_point.value}) of {dist.name} {dist.version} cannot be loaded: {error.message}'
        wanted, whose = dist.metadata.get("Requires-Python"), f"{dist.name} {dist.version}"
    else:
        wanted, whose = required_python(path), path
    if wanted and not fits_python(wanted):
        error.message = f"{whose} requires Python {wanted}, but this is {sys.version.split()[0]} ({sys.executable}). {error.message}"
        error.fix = 'Set "python" in mcp.json to a matching interpreter or virtual environment.'


def _has_parents(entry_point):
    return "." in entry_point.module


# Shared by the whole process, because plugins import each other's modules.
def _stand_ins(params, context):
    standins = context.shared.get(_STANDINS)
    if standins is None:
        standins = context.shared[_STANDINS] = StandIns(context.log)
        if params.get("standins", "auto") != "off":
            standins.offer(jaato_stand_ins())
    return standins


def _guarded(stage, run, context, standins):
    try:
        return run()
    except BridgeError:
        raise
    except ImportError as error:
        context.log("warn", trace(error))
        text, fix = explain_import_error(error, standins)
        raise BridgeError("DEPENDENCY_MISSING", f"The plugin cannot be loaded (stage {stage}): {text}.", fix) from error
    except BaseException as error:  # noqa: BLE001 - a plugin may call sys.exit while it is imported
        context.log("warn", trace(error))
        raise BridgeError("PLUGIN_FAILED", describe_kind(error)) from error


def _factory_of(find, found):
    if find["kind"] == "entryPoint":
        return sys.modules.get(getattr(found, "__module__", ""), found), found
    factory = getattr(found, "create_plugin", None)
    if not callable(factory):
        raise BridgeError(
            "MANIFEST_INVALID",
            f"The module {found.__name__} has no create_plugin().",
            "Define a create_plugin() without parameters that returns the plugin.",
        )
    return found, factory


# The original's directory scan skips modules without PLUGIN_KIND. Explicitly configured modules may omit it.
def _check_kind(module, find):
    kind = getattr(module, "PLUGIN_KIND", None)
    if find["kind"] != "entryPoint" and kind is not None and kind != "tool":
        fix = "Remove it from the entry: it works only inside its own framework."
        raise BridgeError("MANIFEST_INVALID", f'PLUGIN_KIND is "{kind}": only plugins of the kind "tool" have tools.', fix)
