"""Data classes of the original's model side, as far as plugins name them."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

TRAIT_FILE_WRITER = "file_writer"
TRAIT_UNTRUSTED_CONTENT = "untrusted_content"
TRAIT_GREPPABLE_CONTENT = "greppable_content"
TRAIT_FRAMEWORK_LEVEL = "framework_level"
TRAIT_REPLAY_SAFE = "replay_safe"
DISCOVERABILITY_EAGER = "core"
DISCOVERABILITY_DEFERRED = "discoverable"
TOOL_DISCOVERABILITY = [DISCOVERABILITY_EAGER, DISCOVERABILITY_DEFERRED]
TOOL_CATEGORIES = ["system", "filesystem", "code", "search", "memory", "planning", "communication", "web", "mcp"]


@dataclass
class EditableContent:
    parameters: list
    format: str = "yaml"
    template: "str | None" = None


@dataclass
class ToolSchema:
    name: str
    description: str
    parameters: dict = field(default_factory=dict)
    category: "str | None" = None
    discoverability: str = DISCOVERABILITY_DEFERRED
    editable: "EditableContent | None" = None
    traits: frozenset = frozenset()


@dataclass
class WithMetadata:
    result: Any
    metadata: dict


@dataclass
class Attachment:
    mime_type: str
    data: bytes
    display_name: "str | None" = None


class Role(str, Enum):
    USER = "user"
    MODEL = "model"
    TOOL = "tool"


class FinishReason(str, Enum):
    UNKNOWN = "unknown"
    STOP = "stop"
    MAX_TOKENS = "max_tokens"
    TOOL_USE = "tool_use"
    SAFETY = "safety"
    ERROR = "error"
    CANCELLED = "cancelled"


@dataclass
class FunctionCall:
    id: str
    name: str
    args: dict = field(default_factory=dict)


@dataclass
class ToolResult:
    call_id: str
    name: str
    result: Any = None
    is_error: bool = False
    attachments: "list | None" = None


@dataclass
class Part:
    text: "str | None" = None
    function_call: "FunctionCall | None" = None
    function_response: "ToolResult | None" = None
    inline_data: "dict | None" = None


@dataclass
class Message:
    role: Role
    parts: list = field(default_factory=list)


@dataclass
class TokenUsage:
    prompt_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0


PUBLIC = [name for name in dir() if name[0].isupper() and name != "Any" and name != "Enum"]
