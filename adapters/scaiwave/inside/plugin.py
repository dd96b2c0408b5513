"""One ScaiWave plugin: its tools, its texts, its hooks."""

import asyncio
import json
import sys

from plugmux_bridge import loop
from plugmux_bridge.errors import BridgeError, describe, trace
from plugmux_bridge.loop import is_awaitable

from . import plugin_types
from .connections import Connections
from .dynamic import fingerprint, read_dynamic
from .results import failed, to_result
from .surroundings import Values

_DYNAMIC_LIMIT = 5.0
_CONTEXT_LIMIT = 5.0
_HOOK_LIMIT = 60.0
_DYNAMIC_AGE = 30.0
_AFTER_CALL = 0.25


class ScaiWavePlugin:
    """What the bridge sees. Calls come as `tool:<name>` and, with a plain text, as `usage:<name>`."""

    def __init__(self, params, context, source, picked):
        self.params = params
        self.context = context
        self.source = source
        self.plugin, self.manifest = picked
        self.concurrency = params.get("concurrency") or 8
        self._connections = Connections(params)
        self._dynamic = {}
        self._dynamic_problem = None
        self._text = ""
        self._described = False
        self._refresh = None
        self._closed = False

    # --- loading

    def initialize(self):
        self._connections.check()
        if self.context.consult("installing", {"version": self.manifest.version}):
            self.context.stage("install")
            self._install()
        self.context.stage("describe")
        loop.wait_for(self._describe())
        self._described = True
        if self._has("get_dynamic_tools"):
            loop.running_loop().call_soon_threadsafe(self._refresh_later, _DYNAMIC_AGE)

    # Said before and after: a hook that was cut off is not run again behind the administrator's back.
    def _install(self):
        try:
            if self._has("on_install"):
                loop.wait_for(asyncio.wait_for(self._hook("on_install"), _HOOK_LIMIT))
        except BaseException as error:  # noqa: BLE001 - foreign code
            self.context.log("error", f"on_install failed: {trace(error)}")
            self.context.consult("notInstalled", {"error": describe(error)})
            raise BridgeError(
                "PLUGIN_FAILED",
                f"on_install failed, and the plugin stays disabled: {type(error).__name__}: {describe(error)}.",
                "Mend the cause, then enable the plugin again.",
            ) from error
        self.context.consult("installed", {"version": self.manifest.version})

    async def _hook(self, name):
        async with self._lend({}) as ctx:
            value = getattr(self.plugin, name)(ctx)
            return await value if is_awaitable(value) else value

    async def _describe(self):
        await self._read_dynamic()
        if self.manifest.injects_context:
            try:
                self._text = await self._system_context({})
            except BaseException as error:  # noqa: BLE001 - foreign code
                self.context.log("warn", f"get_system_context failed and is left out: {describe(error)}")

    def report(self):
        manifest = self.manifest
        problems = [*manifest.problems, *({"message": text} for text in self.source.problems)]
        problems += [{"subject": name, "message": f"{name} could not be loaded: {why}."} for name, why in self.source.broken.items()]
        if self._dynamic_problem is not None:
            problems.append({"subject": "get_dynamic_tools", "message": self._dynamic_problem})
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
            "dynamic": list(self._dynamic.values()),
            "instructions": self._text,
            "problems": problems,
            "standins": list(self.source.standins.served),
            "others": [other.id for _, other in self.source.found if other.id != manifest.id],
        }

    # Whether the plugin brings a method of its own where the base class has a harmless one.
    def _has(self, name):
        base = sys.modules.get("app.plugins.base")
        harmless = getattr(getattr(base, "BasePlugin", plugin_types.BasePlugin), name, None)
        own = getattr(type(self.plugin), name, None)
        return own is not None and own is not harmless

    # --- dynamic tools

    async def _read_dynamic(self):
        if not self._has("get_dynamic_tools"):
            return
        before = fingerprint(self._dynamic), self._dynamic_problem
        try:
            async with self._lend({}) as ctx:
                value = self.plugin.get_dynamic_tools(ctx)
                found = await asyncio.wait_for(value, _DYNAMIC_LIMIT) if is_awaitable(value) else value
            self._dynamic = read_dynamic(found, self.manifest.tools, lambda text: self.context.log("warn", text))
            self._dynamic_problem = None
        except BaseException as error:  # noqa: BLE001 - foreign code
            what = f"no answer within {_DYNAMIC_LIMIT:g} s" if isinstance(error, asyncio.TimeoutError) else describe(error)
            self._dynamic_problem = f"get_dynamic_tools failed, and the tools known before stay: {what}."
            self.context.log("warn", self._dynamic_problem)
        if (fingerprint(self._dynamic), self._dynamic_problem) != before:
            self.context.changed()

    # On the loop. An earlier time wins; when it comes, the next one is set.
    def _refresh_later(self, delay):
        if self._closed:
            return
        running = asyncio.get_running_loop() if _inside_loop() else loop.running_loop()
        if self._refresh is not None:
            if self._refresh.when() <= running.time() + delay:
                return
            self._refresh.cancel()
        self._refresh = running.call_later(delay, self._refresh_now, running)

    def _refresh_now(self, running):
        self._refresh = None
        task = running.create_task(self._read_dynamic())
        task.add_done_callback(lambda _: self._refresh_later(_DYNAMIC_AGE))

    # --- calls

    def call(self, key, args, call):
        kind, _, name = key.partition(":")
        if name not in self.manifest.tools and name not in self._dynamic:
            raise BridgeError("UNKNOWN_TOOL", f"The plugin has no tool {name} just now.")
        text = str(args.get("text", "")) if kind == "usage" else json.dumps(args, ensure_ascii=False)
        return self._run(name, text, call)

    async def _run(self, name, text, call):
        try:
            async with self._lend(call.caller) as ctx:
                value = self.plugin.execute_tool(name, text, ctx)
                if is_awaitable(value):
                    value = await value
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - foreign code
            self.context.log("warn", f"{name} failed: {trace(error)}")
            return failed(name, error)
        finally:
            if self._has("get_dynamic_tools"):
                self._refresh_later(_AFTER_CALL)
        return to_result(value, lambda warning: self.context.log("warn", f"{name}: {warning}"))

    def request(self, method, params):
        if method == "context":
            return loop.wait_for(self._system_context(params.get("caller") or {}))
        if method == "uninstall":
            if self._has("on_uninstall"):
                loop.wait_for(asyncio.wait_for(self._hook("on_uninstall"), _HOOK_LIMIT))
            return {}
        raise BridgeError("METHOD_NOT_FOUND", f'A ScaiWave plugin answers no "{method}".')

    async def _system_context(self, caller):
        async with self._lend(caller) as ctx:
            value = self.plugin.get_system_context(ctx)
            if is_awaitable(value):
                value = await asyncio.wait_for(value, _CONTEXT_LIMIT)
        return value if isinstance(value, str) else ""

    # --- the context

    def _lend(self, caller):
        return _Lent(self.params, self._connections, caller)

    def close(self):
        self._closed = True
        return self._connections.close()


class _Lent:
    """A new context for every call; nothing of it outlives the call."""

    def __init__(self, params, connections, caller):
        self._params = params
        self._caller = caller
        self._connections = connections
        self._database = connections.database()

    async def __aenter__(self):
        params, caller = self._params, self._caller
        protocol = sys.modules.get("app.plugins.protocol")
        make = getattr(protocol, "PluginContext", plugin_types.PluginContext)
        return make(
            db=await self._database.__aenter__(),
            tenant=Values(params["tenant"], "ctx.tenant", '"context": { "tenant" }'),
            settings=Values(params["settings"], "ctx.settings", '"settings"'),
            redis=self._connections.redis(),
            room_id=params.get("roomId") or caller.get("session") or "mcp",
            sender_id=params.get("senderId") or f"mcp:{caller.get('principal') or 'plugmux'}",
            user_token=params.get("userToken"),
        )

    async def __aexit__(self, *exc):
        return await self._database.__aexit__(*exc)


def _inside_loop():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
