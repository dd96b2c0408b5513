"""Detects which generation of the plugin contract an object follows, and which members it has."""

from plugmux_bridge.errors import BridgeError

_COMMON = [
    "name",
    "get_executors",
    "initialize",
    "shutdown",
    "get_system_instructions",
    "get_auto_approved_tools",
    "get_user_commands",
]
REQUIRED = {
    "S": [*_COMMON, "get_function_declarations"],
    "M": [*_COMMON, "get_tool_schemas"],
    "T": [*_COMMON, "get_tool_schemas", "reset_for_next_session"],
}
# The original host looks for these with hasattr. The gateway never calls them.
NOT_APPLICABLE = [
    "set_session",
    "get_model_requirements",
    "get_prerequisite_policies",
    "subscribes_to_prompt_enrichment",
    "subscribes_to_system_instruction_enrichment",
    "subscribes_to_tool_result_enrichment",
    "PARALLEL_INIT",
    "plugin_traits",
]


class Contract:
    """Access to a plugin object by its contract."""

    def __init__(self, plugin):
        self.plugin = plugin
        if self.has("get_tool_schemas"):
            self.generation = "T" if self.has("reset_for_next_session") else "M"
        else:
            self.generation = "S"

    def has(self, member):
        """Whether the plugin defines a member. Members inherited unchanged from the protocol class count as missing."""
        return self.find(member) is not None

    def find(self, member):
        plugin = self.plugin
        if member in getattr(plugin, "__dict__", ()):
            return getattr(plugin, member)
        for cls in type(plugin).__mro__:
            if member in vars(cls):
                return None if vars(cls).get("_is_protocol") else getattr(plugin, member, None)
        return getattr(plugin, member, None)

    def call(self, member, *args, **named):
        """Calls a member. Returns None if it is missing."""
        found = self.find(member)
        return found(*args, **named) if callable(found) else None

    def listed(self, member, *args):
        """Returns a member's list; empty if it is missing or None."""
        return list(self.call(member, *args) or [])

    @property
    def name(self):
        return self.plugin.name

    def missing(self):
        return [member for member in REQUIRED[self.generation] if not self.has(member)]

    def not_applicable(self):
        return [member for member in NOT_APPLICABLE if self.has(member)]

    def require(self, strict):
        """Raises MANIFEST_INVALID if members are missing. `strict` selects the generation whose required members are checked."""
        if isinstance(strict, str):
            wanted = REQUIRED[strict]
        elif strict:
            wanted = REQUIRED[self.generation]
        else:
            wanted = ["name", "get_executors"]
        missing = [member for member in wanted if not self.has(member)]
        if not strict and not self.has("get_tool_schemas") and not self.has("get_function_declarations"):
            missing.append("get_tool_schemas")
        if missing:
            raise BridgeError(
                "MANIFEST_INVALID",
                f"The object that create_plugin() returned ({type(self.plugin).__name__}) is not a jaato plugin: "
                f"it has no {', no '.join(missing)}.",
                "Add these members.",
            )
