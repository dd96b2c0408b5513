"""The registry object for plugins. It knows only the plugins of its own source."""

from .paths import PathStore

_KEY = "jaato:registry"


def registry_of(owner):
    """Returns the registry of the process."""
    shared = owner.context.shared
    if _KEY not in shared:
        shared[_KEY] = Registry(owner.params.get("workspace"), owner.config_root)
    return shared[_KEY]


class Registry(PathStore):
    def __init__(self, workspace, config_root):
        super().__init__()
        self._workspace = workspace
        self._config_root = config_root
        self._owners = {}
        self._categories = {}

    # Called by the gateway, not by plugins.
    def expose(self, owner):
        self._owners[str(owner.contract.name)] = owner

    def unexpose(self, owner):
        self._owners.pop(str(owner.contract.name), None)

    @property
    def session_id(self):
        return "plugmux"

    def list_available(self):
        return sorted(self._owners)

    def list_enabled(self):
        return self.list_exposed()

    def all_plugins(self):
        return {name: owner.contract.plugin for name, owner in self._owners.items()}

    def get_plugin_config_schema(self, name):
        owner = self._owners.get(name)
        return (owner.contract.call("get_config_schema") if owner is not None else None) or {}

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
        return self._config_root

    def register_category(self, name, description=""):
        self._categories[name] = description

    def get_category_descriptions(self):
        return dict(self._categories)

    def invalidate_tool_cache(self):
        for owner in self._owners.values():
            owner.describe_soon()
