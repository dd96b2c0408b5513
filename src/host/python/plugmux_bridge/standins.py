"""Stand-in modules, used only if the real package is not installed."""

import sys
from importlib.machinery import ModuleSpec


class StandIn:
    """A stand-in module: its contents, and the distribution that provides the real one."""

    def __init__(self, contents=None, real=""):
        self.contents = contents or dict
        self.real = real


class StandIns:
    """The last finder of the import system; serves a fixed set of names."""

    def __init__(self, log):
        self._modules = {}
        self._log = log
        self.served = []

    def offer(self, modules):
        """Adds modules by name. Their parents are empty packages."""
        for name, stand_in in modules.items():
            self._modules[name] = stand_in
            parent = name.rpartition(".")[0]
            while parent:
                self._modules.setdefault(parent, StandIn(real=stand_in.real))
                parent = parent.rpartition(".")[0]
        if self not in sys.meta_path:
            sys.meta_path.append(self)

    def find_spec(self, name, path=None, target=None):
        stand_in = self._modules.get(name)
        if stand_in is None:
            return None
        is_package = any(other.startswith(name + ".") for other in self._modules)
        spec = ModuleSpec(name, self, origin=_label(stand_in), is_package=is_package)
        # Makes Python show the origin in the error of a failed import.
        spec.has_location = True
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__name__
        stand_in = self._modules[name]
        module.__file__ = _label(stand_in)
        module.__dict__.update(stand_in.contents())
        module.__getattr__ = lambda attribute: _missing(name, attribute, stand_in.real)
        self.served.append(name)
        self._log("debug", f"{name} is provided by a stand-in: the package {stand_in.real} is not installed")

    def real_of(self, module):
        """The distribution of the real module behind a served stand-in; None for other modules."""
        stand_in = self._modules.get(module or "")
        return stand_in.real if stand_in is not None and module in self.served else None


def _label(stand_in):
    return f"<stand-in for {stand_in.real}>"


def _missing(module, attribute, real):
    if attribute.startswith("__"):
        raise AttributeError(attribute)
    raise AttributeError(f"{module}.{attribute} does not exist: {module} is a stand-in; install {real} for the real one")
