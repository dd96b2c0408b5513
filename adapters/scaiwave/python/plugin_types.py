"""The four types and the base class of `app.plugins`, as the original documents them."""

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from functools import wraps

# Warnings about keywords that the documented types lack, with the plugin's module.
warnings = []


def _forgiving(cls):
    """Drops unknown keywords of newer versions and records a warning."""
    make = cls.__init__

    # Not in a metaclass: plugins subclass these types with other parameters and other bases.
    @wraps(make)
    def __init__(self, *args, **named):
        for name in [name for name in named if name not in cls.__dataclass_fields__]:
            del named[name]
            module = sys._getframe(1).f_globals.get("__name__")
            warnings.append((module, f"{cls.__name__} got the unknown keyword {name!r}, which is ignored"))
        make(self, *args, **named)

    cls.__init__ = __init__
    return cls


class PluginPermission(str, Enum):
    READ_MESSAGES = "read_messages"
    WRITE_MESSAGES = "write_messages"
    READ_NOTES = "read_notes"
    WRITE_NOTES = "write_notes"
    READ_USERS = "read_users"
    EXTERNAL_HTTP = "external_http"
    SEARCH = "search"
    MANAGE_TASKS = "manage_tasks"


@_forgiving
@dataclass(frozen=True)
class ToolDefinition:
    name: str
    description: str
    parameters: dict
    usage: "str | None" = None
    permissions_required: "list[PluginPermission]" = field(default_factory=list)
    side_effects: bool = False


@_forgiving
@dataclass(frozen=True)
class PluginManifest:
    id: str
    name: str
    version: str
    description: str
    tools: "list[ToolDefinition]" = field(default_factory=list)
    permissions: "list[PluginPermission]" = field(default_factory=list)
    injects_context: bool = False
    scope: "str | None" = None


@_forgiving
@dataclass
class PluginContext:
    db: object
    tenant: object
    settings: object
    redis: object
    room_id: str
    sender_id: str
    user_token: "str | None" = None
    scaigrid: object = None
    arq: object = None
    approval_service: object = None
    event_service_factory: object = None


class BasePlugin(ABC):
    @property
    @abstractmethod
    def manifest(self): ...

    @abstractmethod
    async def execute_tool(self, tool_name, args, ctx): ...

    async def get_system_context(self, ctx):
        return None

    async def get_dynamic_tools(self, ctx):
        return None

    async def on_install(self, ctx):
        return None

    async def on_uninstall(self, ctx):
        return None


def protocol():
    """Contents of the module of the four types."""
    return {t.__name__: t for t in (PluginContext, PluginManifest, PluginPermission, ToolDefinition)}


def base():
    """Contents of the module of the base class. Plugins also find the types there."""
    return {"BasePlugin": BasePlugin, **protocol()}
