"""Data classes of the original host's model layer, as far as plugins use them."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import uuid4

TRAIT_FILE_WRITER = "file_writer"
TRAIT_UNTRUSTED_CONTENT = "untrusted_content"
TRAIT_UNTRUSTED_SCHEMA = "untrusted_schema"
TRAIT_GREPPABLE_CONTENT = "greppable_content"
TRAIT_FRAMEWORK_LEVEL = "framework_level"
TRAIT_REPLAY_SAFE = "replay_safe"
DISCOVERABILITY_EAGER = "core"
DISCOVERABILITY_DEFERRED = "discoverable"
TOOL_DISCOVERABILITY = [DISCOVERABILITY_EAGER, DISCOVERABILITY_DEFERRED]
TOOL_CATEGORIES = [
    "filesystem", "code", "search", "knowledge", "memory", "coordination", "system", "web", "communication", "prompt", "MCP",
]  # fmt: skip


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
    generated_by: "dict | None" = None


@dataclass
class MediaDelta:
    mime_type: str
    data: bytes
    sequence: int = 0
    final: bool = False
    transcript: str = ""


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
    INCOMPLETE = "incomplete"


TERMINAL_FINISH_REASONS = frozenset(
    {FinishReason.MAX_TOKENS, FinishReason.SAFETY, FinishReason.ERROR, FinishReason.CANCELLED, FinishReason.INCOMPLETE}
)


class TurnOutcome(str, Enum):
    RESPONSE = "response"
    TOOL_USE = "tool_use"
    CANCELLED = "cancelled"
    ERROR = "error"
    SAFETY = "safety"
    MAX_TOKENS = "max_tokens"


@dataclass
class FunctionCall:
    id: str
    name: str
    args: dict = field(default_factory=dict)
    unreadable_args: "str | None" = None


@dataclass
class ToolResult:
    call_id: str
    name: str
    result: Any = None
    is_error: bool = False
    attachments: "list | None" = None
    enrichment_metadata: "dict | None" = None
    model_suffix: "str | None" = None
    untrusted: bool = False
    untrusted_source: "str | None" = None


@dataclass
class Part:
    text: "str | None" = None
    function_call: "FunctionCall | None" = None
    function_response: "ToolResult | None" = None
    inline_data: "dict | None" = None
    thought: "str | None" = None
    executable_code: "str | None" = None
    code_execution_result: "str | None" = None

    @classmethod
    def from_text(cls, text):
        return cls(text=text)

    @classmethod
    def from_function_call(cls, call):
        return cls(function_call=call)

    @classmethod
    def from_function_response(cls, result):
        return cls(function_response=result)

    @classmethod
    def from_thought(cls, thought):
        return cls(thought=thought)


@dataclass
class Message:
    role: Role
    parts: list = field(default_factory=list)
    message_id: str = field(default_factory=lambda: uuid4().hex)
    model: "str | None" = None
    provider: "str | None" = None

    @classmethod
    def from_text(cls, role, text):
        return cls(Role(role), [Part(text=text)])

    @property
    def text(self):
        return "".join(part.text for part in self.parts if part.text) or None

    @property
    def function_calls(self):
        return [part.function_call for part in self.parts if part.function_call]


@dataclass
class TokenUsage:
    prompt_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cache_read_tokens: "int | None" = None
    cache_creation_tokens: "int | None" = None
    reasoning_tokens: "int | None" = None
    cost_usd: "float | None" = None
    reported: bool = True
    reasoning_tokens_estimated: bool = False


@dataclass
class ThinkingConfig:
    enabled: bool = False
    budget: int = 10000

    def to_dict(self):
        return {"enabled": self.enabled, "budget": self.budget}

    @classmethod
    def from_dict(cls, data):
        return cls(data.get("enabled", False), data.get("budget", 10000))


@dataclass
class ProviderResponse:
    parts: list = field(default_factory=list)
    usage: TokenUsage = field(default_factory=TokenUsage)
    finish_reason: FinishReason = FinishReason.UNKNOWN
    raw: Any = None
    structured_output: "dict | None" = None
    thinking: "str | None" = None
    media_chunks: int = 0

    def get_text(self):
        return "".join(part.text for part in self.parts if part.text) or None

    def get_function_calls(self):
        return [part.function_call for part in self.parts if part.function_call]

    def has_function_calls(self):
        return bool(self.get_function_calls())

    def has_structured_output(self):
        return self.structured_output is not None

    @property
    def has_thinking(self):
        return self.thinking is not None


def uncached_prompt_tokens(prompt_tokens, cache_read_tokens, cache_creation_tokens=None):
    """Prompt tokens without those read from or written to the cache."""
    return max(0, prompt_tokens - (cache_read_tokens or 0) - (cache_creation_tokens or 0))


def normalize_inclusive_usage(usage):
    """Applies `uncached_prompt_tokens` to a usage record in place."""
    usage.prompt_tokens = uncached_prompt_tokens(usage.prompt_tokens, usage.cache_read_tokens, usage.cache_creation_tokens)
    return usage


PUBLIC = [name for name in dir() if name[0].isupper() and name not in ("Any", "Enum")]
PUBLIC += ["normalize_inclusive_usage", "uncached_prompt_tokens"]
