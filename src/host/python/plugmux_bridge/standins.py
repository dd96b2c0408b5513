"""Stand-in modules: the real package first, the stand-in second, never in its place."""

import sys
from importlib.machinery import ModuleSpec


class StandIn:
    """One module that may stand in: what it holds, and which distribution has the real one."""

    def __init__(self, contents=None, real=""):
        self.contents = contents or dict
        self.real = real


class StandIns:
    """Asked by the import system after everyone else; serves a closed list of names."""

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
        # Python shows it where an import of a missing name fails.
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
        """The distribution that has the real one of a module served here; None where it is none of these."""
        stand_in = self._modules.get(module or "")
        return stand_in.real if stand_in is not None and module in self.served else None


def _label(stand_in):
    return f"<stand-in for {stand_in.real}>"


def _missing(module, attribute, real):
    if attribute.startswith("__"):
        raise AttributeError(attribute)
    raise AttributeError(f"{module}.{attribute} is not there: {module} is provided by stand-in; install {real} for the real one")
