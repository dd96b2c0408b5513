"""Imports single modules of a source tree without loading the packages around them."""

import importlib
import importlib.util
import os
import sys
from types import ModuleType

from .errors import describe_kind


def import_from(root, name, bare):
    """
    Imports `name` from the folder `root`. Packages in `bare` are created without running their `__init__.py`; they only
    locate their modules.
    """
    add_folder(root)
    whole = os.path.join(root, name, "__init__.py")
    known = getattr(sys.modules.get(name), "__file__", None)
    if known != whole and _is_unusable(name) and os.path.isfile(whole):
        return _import_as(name, whole)
    for parent in bare:
        make_bare(parent, os.path.join(root, *parent.split(".")))
    return importlib.import_module(name)


def make_bare(name, folder):
    """Creates an empty package whose modules are in `folder`."""
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
    """Imports one file under a given name; its folder is added to the path."""
    add_folder(os.path.dirname(path))
    known = sys.modules.get(name)
    # Another file of the folder may have imported it already.
    return known if getattr(known, "__file__", None) == path else _import_as(name, path)


def add_folder(folder):
    """
    Adds a plugin's folder to the path, after the standard library, since its modules may be called `calendar` or `email`,
    which others import.
    """
    if folder in sys.path:
        return
    library = os.path.dirname(os.__file__)
    own = [index for index, path in enumerate(sys.path) if path in (library, os.path.join(library, "lib-dynload"))]
    sys.path.insert(max(own, default=-1) + 1, folder)


# Whether a plugin has the name of a loaded or standard module, or one that cannot be imported.
def _is_unusable(name):
    return name in sys.modules or name in sys.stdlib_module_names or "." in name


def _import_as(name, path):
    if _is_unusable(name):
        name = f"plugmux_plugin_{name.replace('.', '_')}"
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
    """Message and fix for a failed import."""
    name = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and name:
        return f"it needs the module {name}, which is not installed", f'Install the package that provides {name}, for example with "install" in mcp.json.'
    real = standins.real_of(name)
    if real is None:
        return describe_kind(error), None
    text = f"{describe_kind(error)}; {name} is a stand-in that contains only data classes"
    return text, f'Install {real} in the environment of "python", for example with "install".'
