"""One jaato plugin: lifecycle, tools and commands."""

import os
from threading import Lock
from time import monotonic

from plugmux_bridge.encode import dumps
from plugmux_bridge.errors import BridgeError, describe, describe_kind, trace
from plugmux_bridge.loop import is_awaitable

from .calls.asking import wire_channel
from .calls.calling import Caller, current_call
from .calls.commands import CommandSet
from .calls.preview import preview
from .calls.talk import settle, talk_of
from .describe import describe_plugin
from .instances import Instances
from .permission import Console, check, fallback_reason
from .persistence import Persistence
from .registry import registry_of

_DESCRIBE_AGAIN = 0.25
_DESCRIPTION_AGE = 5.0
_RARELY = 20


class JaatoPlugin:
    """A plugin as the bridge uses it. Calls are named `tool:<name>`, `command:<name>` and `check:<name>`."""

    own_thread = True
    contract = None
    _instances = None
    _persistence = None
    _description = None
    _described_at = 0.0
    # Duration of the last description, and whether a call ran since.
    _describing = 0.0
    _touched = False
    _timer = None
    _closed = False
    # Why the answers of a permission plugin cannot be trusted, if so.
    untrusted = None

    def __init__(self, params, context, found):
        self.params = params
        self.context = context
        self.found = found
        self.registry = registry_of(self)
        # Tools that the permission plugin's whitelist contains.
        self.whitelisted = set()
        self._caller = Caller(self)
        self._lock = Lock()

    # --- loading

    def initialize(self):
        self.contract = self.found.make(self.context)
        self.context.resize(self.params.get("concurrency") or (1 if self.contract.generation == "S" else 8))
        self._instances = Instances(self, self.contract)
        self._persistence = Persistence(self, self.contract)
        self.context.stage("initialize")
        self._guard("initialize", lambda: self.prepare(self.contract))
        self._persistence.restore()
        self.registry.expose(self)
        self.context.stage("describe")
        self._description = self._guard("describe", self.describe)

    @property
    def config_root(self):
        """Configuration folder of current plugins: `.jaato` in the workspace by default. It may not exist."""
        workspace, own = self.params.get("workspace"), (self.params.get("config") or {}).get("config_root")
        if own:
            return own
        return os.path.join(workspace, ".jaato") if workspace else None

    def is_bound(self, what):
        """Whether a request runs on the plugin's own thread: all calls of the first generation, and refresh and reset."""
        if what in ("refresh", "reset"):
            return True
        # A check must not wait for the calls it is about.
        return self.contract is not None and self.contract.generation == "S" and self.counts_against_limit(what)

    def prepare(self, contract):
        """Initializes an object and calls its setters in the original host's order."""
        config = self._config(contract)
        if self.params.get("enforce"):
            console = Console(self.context)
            console.configure(config)
        contract.call("initialize", config)
        if self.params.get("enforce"):
            self._trust(contract, config)
        # An older member. The permission plugin gets no registry: it would put objects into its questions that its channels cannot write.
        if contract.has("set_plugin_registry"):
            contract.call("set_plugin_registry", self.registry)
        elif contract.name != "permission":
            contract.call("set_registry", self.registry)
        if self.params.get("workspace"):
            contract.call("set_workspace_path", config.get("workspace_path") or self.params["workspace"])
            contract.call("set_config_root", self.config_root)
        contract.call("set_agent_name", "plugmux")
        contract.call("set_output_callback", self._caller.output)
        contract.call("set_tool_output_callback", self._caller.chunk)
        wire_channel(self, contract, config)

    def _trust(self, contract, config):
        if not contract.has("check_permission"):
            raise BridgeError("CONFIG_INVALID", "The plugin cannot authorize calls: it has no check_permission().", 'Correct "enforceWith".')
        self.untrusted = fallback_reason(contract, config)
        if self.untrusted is not None:
            self.context.log("error", f"every call is denied: {self.untrusted}")

    # Plugins modify nested dicts, so each object gets a deep copy.
    def _config(self, contract):
        from copy import deepcopy

        config = deepcopy(self.params.get("config") or {})
        if contract.generation != "S":
            workspace = self.params.get("workspace")
            own = {"workspace_path": workspace, "config_root": self.config_root, "session_id": "plugmux", "agent_name": "plugmux"}
            for key, value in own.items():
                if value is not None:
                    config.setdefault(key, value)
        return config

    def _guard(self, stage, run):
        try:
            return run()
        except BridgeError:
            raise
        except ImportError as error:
            self.context.log("warn", trace(error))
            from plugmux_bridge.modules import explain_import_error

            text, fix = explain_import_error(error, self.found.standins)
            raise BridgeError("DEPENDENCY_MISSING", f"The plugin failed in the stage {stage}: {text}.", fix) from error
        except BaseException as error:  # noqa: BLE001 - foreign code
            self.context.log("warn", trace(error))
            raise BridgeError("PLUGIN_FAILED", describe_kind(error)) from error

    # --- what it offers

    def describe(self):
        self._touched = False
        began = monotonic()
        description = describe_plugin(self)
        self._described_at = monotonic()
        self._describing = self._described_at - began
        return description

    @property
    def description(self):
        return self._description

    @property
    def touched(self):
        """Whether a call ran since the last description, so the offer may have changed."""
        return self._touched

    def report(self):
        if self._description is None:
            return {"stage": "import"}
        return self._description.report

    def touch(self, at_once=False):
        """Records a call, because tools change at run time without an event."""
        self._touched = True
        if self._timer is None or at_once:
            self.describe_soon(at_once)

    def describe_soon(self, at_once=True):
        """Schedules a new description, but spends only a small share of the time on it."""
        from threading import Timer

        with self._lock:
            if self._closed or (self._timer is not None and not (at_once and self._timer.interval > _DESCRIBE_AGAIN)):
                return
            if self._timer is not None:
                self._timer.cancel()
            delay = max(_DESCRIBE_AGAIN, 0 if at_once else self._describing * _RARELY)
            self._timer = Timer(delay, lambda: self.context.on_own_thread(self._describe_again))
            self._timer.daemon = True
            self._timer.start()

    def _describe_again(self):
        with self._lock:
            self._timer = None
        if not self._closed:
            self.refresh()
            self._persistence.save()

    def refresh(self):
        """Describes the plugin again and notifies the gateway of changes."""
        try:
            fresh = self.describe()
        except BaseException as error:  # noqa: BLE001 - foreign code
            self.context.log("warn", f"describing the plugin again failed, its last description stays active: {describe(error)}")
            return
        before, self._description = self._description, fresh
        if before is None or dumps(before.report) != dumps(fresh.report):
            self.context.changed()

    # --- calls

    def call(self, key, args, call):
        kind, _, name = key.partition(":")
        if kind == "check":
            return check(self, name, args, call)
        contract = self._instances.of(call)
        try:
            if kind == "tool":
                result = self._caller.tool(contract, name, args, call)
            else:
                talk_of(call).said = []
                result = CommandSet(self, contract).run(name, args, call, self._caller)
            if type(result) is not str and is_awaitable(result):
                return self._settle(result, call)
            return result if call.notes is None else settle(call, result)
        except BaseException:
            if call.notes is None or call.notes.unanswered is None:
                raise
            return settle(call, "")
        finally:
            self._touched = True
            if self._timer is None or kind == "command":
                self.touch(at_once=kind == "command")

    async def _settle(self, result, call):
        try:
            return settle(call, await result)
        except BaseException:
            if call.notes is None or call.notes.unanswered is None:
                raise
            return settle(call, "")
        finally:
            self.touch()

    def current_call(self):
        """The current call. In a thread started by the plugin, the only running call, if there is exactly one."""
        call = current_call.get()
        if call is not None:
            return call
        running = self.context.running()
        return running[0] if len(running) == 1 else None

    def counts_against_limit(self, key):
        """A check must not wait for the calls it is about."""
        return not key.startswith("check:")

    def request(self, method, params):
        if method == "complete":
            return CommandSet(self, self.contract).complete(params["command"], params["words"])
        if method == "preview":
            return preview(self.contract, params["tool"], params["args"])
        if method == "refresh":
            if self._touched or monotonic() - self._described_at > _DESCRIPTION_AGE:
                self.refresh()
            return {}
        if method == "reset":
            self._instances.reset()
            return {}
        raise BridgeError("METHOD_NOT_FOUND", f'jaato plugins have no method "{method}".')

    def close(self):
        self._closed = True
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
        if self._instances is None:
            return
        self.registry.unexpose(self)
        try:
            self._persistence.save()
        except BridgeError as error:
            self.context.log("warn", f"the state was not saved: {describe(error)}")
        self._instances.close()
