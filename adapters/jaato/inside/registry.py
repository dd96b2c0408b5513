"""The registry object that plugins are handed: a plain one that knows the plugins of its own source, and no more."""

_KEY = "jaato:registry"


def registry_of(owner):
    """The one registry of the process."""
    shared = owner.context.shared
    if _KEY not in shared:
        shared[_KEY] = Registry(owner.params.get("workspace"))
    return shared[_KEY]


class _Paths:
    """Paths outside of the workspace that plugins allowed or denied; deny wins."""

    def __init__(self):
        self.allowed = {}
        self.denied = {}


class Registry:
    def __init__(self, workspace):
        self._workspace = workspace
        self._owners = {}
        self._paths = _Paths()
        self._categories = {}

    # What the gateway does with it; plugins have no use for these two.
    def expose(self, owner):
        self._owners[str(owner.contract.name)] = owner

    def unexpose(self, owner):
        self._owners.pop(str(owner.contract.name), None)

    @property
    def session_id(self):
        return "plugmux"

    def list_available(self):
        return sorted(self._owners)

    def list_exposed(self):
        return sorted(self._owners)

    def is_exposed(self, name):
        return name in self._owners

    def get_plugin(self, name):
        owner = self._owners.get(name)
        return None if owner is None else owner.contract.plugin

    def get_plugin_for_tool(self, tool):
        for owner in self._owners.values():
            if owner.description is not None and tool in owner.description.executors:
                return owner.contract.plugin
        return None

    def get_exposed_tool_schemas(self):
        return self._all("get_tool_schemas")

    def get_exposed_declarations(self):
        return self._all("get_function_declarations")

    def get_exposed_executors(self):
        executors = {}
        for owner in self._owners.values():
            executors = {**(owner.contract.call("get_executors") or {}), **executors}
        return executors

    def get_exposed_user_commands(self):
        return self._all("get_user_commands")

    def get_auto_approved_tools(self):
        return self._all("get_auto_approved_tools")

    def get_system_instructions(self, *_args, **_options):
        texts = [owner.contract.call("get_system_instructions") for owner in self._owners.values()]
        return "\n\n".join(text for text in texts if text) or None

    def _all(self, member):
        return [item for owner in self._owners.values() for item in owner.contract.listed(member)]

    def get_tool_traits(self, tool):
        for owner in self._owners.values():
            entry = owner.description.tools.get(tool) if owner.description is not None else None
            if entry is not None:
                return frozenset(entry.traits)
        return frozenset()

    def is_tool_enabled(self, tool):
        return self.get_plugin_for_tool(tool) is not None

    def get_workspace_path(self):
        return self._workspace

    def get_config_root(self):
        return self._workspace

    def register_category(self, name, text=""):
        self._categories[name] = text

    def invalidate_tool_cache(self):
        for owner in self._owners.values():
            owner.describe_soon()

    # --- paths

    def authorize_external_path(self, path, source, access="readwrite"):
        self._paths.allowed[(_real(path), source)] = access

    def deauthorize_external_path(self, path, source=None):
        _drop(self._paths.allowed, path, source)

    def deny_external_path(self, path, source):
        self._paths.denied[(_real(path), source)] = True

    def is_path_authorized(self, path, mode="read"):
        if self.is_path_denied(path):
            return False
        return any(_inside(path, root) and (mode == "read" or "write" in access) for (root, _), access in self._paths.allowed.items())

    def is_path_denied(self, path):
        return any(_inside(path, root) for root, _ in self._paths.denied)

    def clear_authorized_paths(self, source=None):
        _clear(self._paths.allowed, source)

    def clear_denied_paths(self, source=None):
        _clear(self._paths.denied, source)

    def list_authorized_paths(self):
        return [{"path": path, "source": source, "access": access} for (path, source), access in self._paths.allowed.items()]

    def list_denied_paths(self):
        return [{"path": path, "source": source} for path, source in self._paths.denied]


def _real(path):
    from os.path import expanduser, realpath

    return realpath(expanduser(str(path)))


def _inside(path, root):
    from os.path import join

    path = _real(path)
    return path == root or path.startswith(join(root, ""))


def _drop(paths, path, source):
    for key in [key for key in paths if key[0] == _real(path) and source in (None, key[1])]:
        del paths[key]


def _clear(paths, source):
    for key in [key for key in paths if source in (None, key[1])]:
        del paths[key]
