"""Imports single modules out of source trees whose packages would load far more than the plugin."""

import importlib
import importlib.util
import os
import sys
from types import ModuleType


def import_from(root, name, bare):
    """
    Imports `name` from the folder `root`. The packages named in `bare` are made without running their `__init__.py`:
    they only say where their modules are.
    """
    if root not in sys.path:
        sys.path.insert(0, root)
    for parent in bare:
        make_bare(parent, os.path.join(root, *parent.split(".")))
    return importlib.import_module(name)


def make_bare(name, folder):
    """An empty package whose modules are found in `folder`."""
    if name in sys.modules:
        return
    module = ModuleType(name)
    module.__path__ = [folder]
    module.__file__ = None
    module.__package__ = name
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    module.__spec__.submodule_search_locations = module.__path__
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], last, module)


def import_file(path, name):
    """Imports one file under a name of its own; its folder is searched for what it imports."""
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    # A file may be called like a module that Python has brought along.
    if name in sys.modules or name in sys.stdlib_module_names:
        name = f"plugmux_plugin_{name}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def prepend_paths(paths):
    """Puts folders first on the path, in their order."""
    for path in reversed(paths):
        if path not in sys.path:
            sys.path.insert(0, path)


def explain_import_error(error, standins):
    """What was missing, where it was missed, and how to get it."""
    name = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and name:
        return f"it needs the module {name}, which is not installed", f'Install the package that brings {name}, for example with "install" in mcp.json.'
    return f"{type(error).__name__}: {error}.{standins.hint(name)}", None
