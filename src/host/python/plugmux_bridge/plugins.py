"""The plugins of one process, and their contexts."""

import importlib.util
import os
import sys
from time import monotonic

from . import loop, streams
from .calls import CallLimiter
from .errors import BridgeError, cut, describe, trace

# How long `close` waits for a plugin's own thread before it runs on another one, in seconds.
_PATIENCE = 0.5


class Context:
    """Passed to a format's runtime for one plugin."""

    def __init__(self, plugins, plugin_id):
        self.id = plugin_id
        self._plugins = plugins
        self._stages = []

    @property
    def bridge(self):
        return self._plugins.bridge

    @property
    def shared(self):
        """Objects shared by the plugins of this process, by a key that the format chooses."""
        return self._plugins.shared

    def log(self, level, text):
        self.bridge.notify("log", {"id": self.id, "level": str(level), "text": cut(str(text))})

    def stage(self, name):
        """Reports the current loading stage, which messages about a hang or crash name."""
        self._stages.append((name, monotonic()))
        self.bridge.notify("stage", {"id": self.id, "stage": cut(name)})

    def settle(self):
        """Ends the last stage."""
        self._stages.append(("", monotonic()))

    def timings(self):
        """Durations of the loading stages, as texts."""
        following = zip(self._stages, self._stages[1:])
        return [f"{name} {(end - began) * 1000:.0f} ms" for (name, began), (_, end) in following if name]

    def changed(self):
        """Sends the changed report to the gateway."""
        entry = self._plugins.get(self.id)
        if entry is not None:
            self.bridge.notify_changed(self.id, entry.report())

    def restart(self, reason):
        """Requests a new process; calls in flight may finish in this one."""
        self.bridge.notify("restart", {"id": self.id, "reason": cut(str(reason))})

    def call_adapter(self, method, params):
        """Sends a request to the adapter and waits for the reply. Not for the loop's thread."""
        return self.bridge.ask("consult", {"id": self.id, "method": method, "params": params})

    def running(self):
        """The running calls of this plugin."""
        return [call for call in self.bridge.calls() if call.entry.id == self.id and call.state == "running"]

    def on_own_thread(self, task):
        """Queues a task for the plugin's own thread."""
        entry = self._plugins.get(self.id)
        if entry is not None and entry.thread is not None:
            entry.thread.post(entry.thread.inspecting(task))

    def run_on_own_thread(self, function):
        """Runs a function on the plugin's own thread during a call and returns its value. That thread must not wait for the caller."""
        thread = self._plugins.get(self.id).thread
        return thread.run(function, thread.patience())

    def run_on_loop(self, function):
        """Runs a function on the loop's thread and returns its value. For use while the plugin is loaded."""
        return self.bridge.run_on_loop(function)

    def resize(self, concurrency):
        """Sets the limit of concurrent calls."""
        entry = self._plugins.get(self.id)
        if entry is not None:
            entry.limiter.limit = concurrency


class Entry:
    __slots__ = ("id", "plugin", "context", "limiter", "counts_against_limit", "thread", "is_bound")

    def __init__(self, context, plugin):
        self.id = context.id
        self.context = context
        self.plugin = plugin
        self.limiter = CallLimiter(getattr(plugin, "concurrency", 1))
        self.counts_against_limit = getattr(plugin, "counts_against_limit", None) or (lambda tool: True)
        # A plugin whose objects may be bound to a thread has its own; `is_bound` returns what must run on it.
        self.thread = context.bridge.own_thread(context.id) if getattr(plugin, "own_thread", False) else None
        self.is_bound = getattr(plugin, "is_bound", None) or (lambda what: False)

    def report(self):
        """The format's report, with facts about the Python process."""
        return {
            **self.plugin.report(),
            "python": f"{sys.version.split()[0]} ({sys.executable})",
            "searched": [str(place) for place in sys.path],
            "timings": self.context.timings(),
        }


class Plugins:
    def __init__(self, bridge):
        self.bridge = bridge
        self.shared = {}
        self._entries = {}
        self._runtimes = {}

    def get(self, plugin_id):
        return self._entries.get(plugin_id)

    def load(self, plugin_id, module, params):
        context = Context(self, plugin_id)
        token = streams.current_plugin.set(plugin_id)
        try:
            plugin = _finish(self._runtime(module).open(params, context))
            entry = self._entries[plugin_id] = Entry(context, plugin)
            return entry.report()
        finally:
            streams.current_plugin.reset(token)

    def initialize(self, plugin_id):
        entry = self._find(plugin_id)
        token = streams.current_plugin.set(plugin_id)
        try:
            _finish(entry.plugin.initialize())
            entry.context.settle()
            return entry.report()
        finally:
            streams.current_plugin.reset(token)

    def request(self, plugin_id, method, params):
        request = getattr(self._find(plugin_id).plugin, "request", None)
        if request is None:
            raise BridgeError("METHOD_NOT_FOUND", f'Plugin "{plugin_id}" does not support "{method}".')
        return request(method, params)

    def close(self, seconds):
        """Closes all plugins in reverse order and logs errors. The caller enforces the deadline."""
        deadline = monotonic() + seconds
        while self._entries:
            plugin_id, entry = self._entries.popitem()
            if monotonic() > deadline:
                entry.context.log("error", "it was not closed: the other plugins used up the time limit")
                continue
            streams.current_plugin.set(plugin_id)
            try:
                _finish(entry.plugin.close() if entry.thread is None else entry.thread.run(entry.plugin.close, _PATIENCE))
            except BaseException as error:  # noqa: BLE001 - foreign code runs in here
                entry.context.log("error", f"stop failed: {describe(error)}\n{trace(error)}")

    def _find(self, plugin_id):
        entry = self._entries.get(plugin_id)
        if entry is None:
            raise BridgeError("PLUGIN_UNAVAILABLE", f'Plugin "{plugin_id}" is not loaded.')
        return entry

    # A format's runtime is a package next to its adapter, imported under a private name that plugins do not use.
    def _runtime(self, path):
        if path not in self._runtimes:
            folder = os.path.dirname(path)
            name = f"plugmux_format_{len(self._runtimes)}"
            spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[folder])
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
            self._runtimes[path] = module
        return self._runtimes[path]


def _finish(value):
    return loop.wait_for(value) if loop.is_awaitable(value) else value
