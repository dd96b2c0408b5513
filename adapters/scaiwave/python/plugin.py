"""One ScaiWave plugin: tools, prompt text and hooks."""

import json
import sys

from plugmux_bridge import loop
from plugmux_bridge.errors import BridgeError, describe, describe_kind, trace
from plugmux_bridge.loop import is_awaitable, is_cancellation

from . import plugin_types
from .connections import Connections
from .dynamic import DynamicTools
from .context import CallContext
from .objects import Objects
from .results import failed, to_result
from .unavailable import NotAvailable

_CONTEXT_LIMIT = 5.0
_HOOK_LIMIT = 60.0


class ScaiWavePlugin:
    """A plugin as the bridge uses it. Calls are named `tool:<name>` or, with plain text, `usage:<name>`."""

    def __init__(self, params, context, source, picked):
        self.params = params
        self.context = context
        self.source = source
        self.plugin, self.manifest = picked
        self._objects = Objects(self.plugin, params.get("instances") == "per-session")
        self.concurrency = params.get("concurrency") or 8
        self._connections = Connections(params)
        by_session = self.manifest.scope == "private" or params.get("instances") == "per-session"
        self._dynamic = DynamicTools(self._ask_for_tools, self.manifest.tools, by_session, context)
        self._makes_tools = self._has("get_dynamic_tools")
        self._text = ""
        self._described = False

    # --- loading

    def initialize(self):
        if self.plugin is None:
            self._described = True
            return
        self._connections.prepare()
        if self.context.call_adapter("installing", {"version": self.manifest.version}):
            self.context.stage("install")
            self._install()
        self.context.stage("describe")
        if self._makes_tools or self.manifest.injects_context:
            loop.begin(self._describe())
        self._described = True
        # Runs in the background, so that neither the start nor the first call waits for it.
        loop.warm_up(self._dynamic.from_now_on if self._makes_tools else None)

    # Recorded before and after, so that an interrupted hook is not repeated without the administrator's consent.
    def _install(self):
        try:
            if self._has("on_install"):
                loop.begin(self._hook("on_install"))
        except BaseException as error:  # noqa: BLE001 - foreign code
            self.context.log("error", f"on_install failed: {trace(error)}")
            self.context.call_adapter("notInstalled", {"error": describe(error)})
            raise BridgeError(
                "PLUGIN_FAILED",
                f"on_install failed, and the plugin stays disabled: {describe_kind(error)}.",
                "Fix the cause, then enable the plugin again.",
            ) from error
        self.context.call_adapter("installed", {"version": self.manifest.version})

    async def _hook(self, name):
        async with self._context_for({}) as ctx:
            value = getattr(self.plugin, name)(ctx)
            return await loop.within(value, _HOOK_LIMIT) if is_awaitable(value) else value

    async def _describe(self):
        if self._makes_tools:
            await self._dynamic.read({})
        if self.manifest.injects_context:
            try:
                self._text = await self._system_context({})
            except BaseException as error:  # noqa: BLE001 - foreign code
                self.context.log("warn", f"get_system_context failed and is left out: {describe(error)}")

    def report(self):
        manifest = self.manifest
        problems = list(manifest.problems)
        # Problems of the source are reported once, by its first plugin.
        if not self.source.found or manifest is self.source.found[0][1]:
            problems += [{"message": text} for text in self.source.problems]
            problems += [{"subject": name, "message": f"{name} could not be loaded: {why}."} for name, why in self.source.broken.items()]
        if self._dynamic.problem is not None:
            problems.append({"subject": "get_dynamic_tools", "message": self._dynamic.problem})
        return {
            "described": self._described,
            "id": manifest.id,
            "name": manifest.name,
            "version": manifest.version,
            "description": manifest.description,
            "permissions": manifest.permissions,
            "scope": manifest.scope,
            "injectsContext": manifest.injects_context,
            "tools": list(manifest.tools.values()),
            "dynamic": self._dynamic.report(),
            "bySession": self._makes_tools and self._dynamic.by_session,
            "instructions": self._text,
            "problems": problems,
            "standins": list(self.source.standins.served),
            **self._siblings(),
        }

    # Other plugins of the source: served ones, and those found only by importing.
    def _siblings(self):
        picks = self.params.get("picks")
        served, others = [], []
        for plugin, manifest in self.source.found if picks is not None else ():
            known = manifest is self.manifest or manifest.id in picks or type(plugin).__name__ in picks
            (served if known else others).append(manifest.id)
        return {"served": served, "others": others}

    # Whether the plugin overrides the base class's default method.
    def _has(self, name):
        base = sys.modules.get("app.plugins.base")
        harmless = getattr(getattr(base, "BasePlugin", plugin_types.BasePlugin), name, None)
        own = getattr(type(self.plugin), name, None) if self.plugin is not None else None
        return own is not None and own is not harmless

    async def _ask_for_tools(self, caller, limit):
        async with self._context_for(caller) as ctx:
            value = self._objects.of(caller).get_dynamic_tools(ctx)
            return await loop.within(value, limit) if is_awaitable(value) else value

    # --- calls

    def call(self, key, args, call):
        kind, _, name = key.partition(":")
        if name not in self.manifest.tools and name not in self._dynamic.of(call.caller):
            raise BridgeError("UNKNOWN_TOOL", f"The plugin currently has no tool {name}.")
        text = str(args.get("text", "")) if kind == "usage" else json.dumps(args, ensure_ascii=False)
        return self._run(name, text, call)

    async def _run(self, name, text, call):
        try:
            async with self._context_for(call.caller) as ctx:
                value = self._objects.of(call.caller).execute_tool(name, text, ctx)
                if is_awaitable(value):
                    value = await value
        except BaseException as error:  # noqa: BLE001 - foreign code
            if is_cancellation(error):
                raise
            supply = f" {error.supply}" if isinstance(error, NotAvailable) else ""
            self.context.log("warn", f"{name} failed: {trace(error)}{supply}")
            return failed(name, error)
        finally:
            if self._makes_tools:
                self._dynamic.after_call(call.caller)
        return to_result(value, lambda warning: self.context.log("warn", f"{name}: {warning}"))

    def request(self, method, params):
        if method == "context":
            return loop.wait_for(self._system_context(params.get("caller") or {}))
        if method == "dynamic":
            return self._dynamic.freshen(params["caller"])
        if method == "uninstall":
            if self._has("on_uninstall"):
                loop.wait_for(self._hook("on_uninstall"))
            return {}
        raise BridgeError("METHOD_NOT_FOUND", f'ScaiWave plugins have no method "{method}".')

    async def _system_context(self, caller):
        async with self._context_for(caller) as ctx:
            value = self._objects.of(caller).get_system_context(ctx)
            if is_awaitable(value):
                value = await loop.within(value, _CONTEXT_LIMIT)
        return value if isinstance(value, str) else ""

    # --- the context

    def _context_for(self, caller):
        return CallContext(self.params, self._connections, caller)

    def close(self):
        self._dynamic.close()
        return self._connections.close()
