"""Stand-ins for the framework's base module."""

from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any, Callable, NamedTuple, Optional, Protocol, runtime_checkable

TRAIT_AUTH_PROVIDER = "auth_provider"
TRAIT_SESSION_PERSISTENT = "session_persistent"
TRAIT_SLOT_SCOPED = "slot_scoped"
TRAIT_OUTPUT_MARKER = "output_marker"
RESOLVED_MENTIONS_METADATA_KEY = "resolved_mentions"
AnyPlugin = Any
OutputCallback = Callable[[str, str, str], None]


@dataclass
class PluginSetting:
    name: str
    type: str
    default: Any
    description: str
    required: bool = False
    choices: Optional[list] = None
    env_var: Optional[str] = None


class CommandParameter(NamedTuple):
    name: str
    description: str = ""
    required: bool = False
    capture_rest: bool = False


class CommandCompletion(NamedTuple):
    value: str
    description: str = ""


class UserCommand(NamedTuple):
    name: str
    description: str
    share_with_model: bool = False
    parameters: Optional[list] = None


@dataclass
class HelpLines:
    lines: list


@dataclass
class PermissionDisplayInfo:
    summary: str
    details: str
    format_hint: str = "text"
    language: Optional[str] = None
    truncated: bool = False
    original_lines: Optional[int] = None
    warnings: Optional[str] = None
    warning_level: Optional[str] = None
    pre_validation_error: Optional[str] = None


@dataclass
class PromptEnrichmentResult:
    prompt: str
    metadata: dict = field(default_factory=dict)


@dataclass
class SystemInstructionEnrichmentResult:
    instructions: str
    metadata: dict = field(default_factory=dict)


@dataclass
class ToolResultEnrichmentResult:
    result: str
    metadata: dict = field(default_factory=dict)


@runtime_checkable
class ToolPlugin(Protocol):
    @property
    def name(self) -> str: ...

    def get_executors(self) -> dict: ...

    def initialize(self, config: Optional[dict] = None) -> None: ...

    def shutdown(self) -> None: ...

    def get_system_instructions(self) -> Optional[str]: ...

    def get_auto_approved_tools(self) -> list: ...

    def get_user_commands(self) -> list: ...


@runtime_checkable
class EnrichmentPlugin(Protocol):
    @property
    def name(self) -> str: ...

    def initialize(self, config: Optional[dict] = None) -> None: ...

    def shutdown(self) -> None: ...

    def reset_for_next_session(self) -> None: ...


@runtime_checkable
class SessionPersistentPlugin(Protocol):
    def get_persistence_state(self) -> dict: ...

    def restore_persistence_state(self, state: dict) -> None: ...


def model_matches_requirements(model_name: str, patterns: Any) -> bool:
    return any(fnmatch(model_name, pattern) for pattern in patterns)


def parse_command_args(command: UserCommand, raw_args: str) -> dict:
    """Maps the words of a command line to the command's parameters."""
    from ..calls.commands import Command, to_arguments

    return to_arguments(Command(command), raw_args, "T")


PUBLIC = [
    "AnyPlugin", "CommandCompletion", "CommandParameter", "EnrichmentPlugin", "HelpLines", "OutputCallback", "PermissionDisplayInfo",
    "PluginSetting", "PromptEnrichmentResult", "RESOLVED_MENTIONS_METADATA_KEY", "SessionPersistentPlugin",
    "SystemInstructionEnrichmentResult", "TRAIT_AUTH_PROVIDER", "TRAIT_OUTPUT_MARKER", "TRAIT_SESSION_PERSISTENT", "TRAIT_SLOT_SCOPED",
    "ToolPlugin", "ToolResultEnrichmentResult", "UserCommand", "model_matches_requirements", "parse_command_args",
]  # fmt: skip
