"""Tools that a plugin defines at run time."""

from time import monotonic

from plugmux_bridge import loop
from plugmux_bridge.encode import dumps
from plugmux_bridge.errors import describe

from .manifest import to_schema

_LIMIT = 5.0
_AGE = 30.0
_AFTER_CALL = 0.25
_MAX_SESSIONS = 256
# Session key of callers without a session, such as the command line.
_NOBODY = "gateway"


def read_dynamic(definitions, static, warn):
    """Converts function definitions, wrapped or flat, to tools by name. Declared tools are never replaced."""
    tools = {}
    for item in definitions or ():
        function = item.get("function") if isinstance(item, dict) and item.get("type") == "function" else item
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str) or not name:
            warn("a dynamic tool without a name is left out")
            continue
        if name in static or name in tools:
            warn(f'the dynamic tool "{name}" has the name of another tool and is left out')
            continue
        description = function.get("description")
        if not isinstance(description, str):
            warn(f'the dynamic tool "{name}" has no description')
            description = ""
        parameters = function.get("parameters")
        schema = to_schema(parameters) if isinstance(parameters, dict) else {"type": "object", "properties": {}}
        tools[name] = {"name": name, "description": description, "input": schema}
    return tools


class DynamicTools:
    """The dynamic tools: one shared list, or one list per client session for plugins with private data."""

    def __init__(self, ask, static, by_session, context):
        self._ask = ask
        self._static = static
        self._context = context
        self.by_session = by_session
        self.problem = None
        self._lists = {}
        self._read_at = {}
        self._timers = {}
        self._closed = False

    def _key(self, caller):
        return (caller.get("session") or _NOBODY) if self.by_session else ""

    def of(self, caller):
        """Returns the tools of a caller."""
        return self._lists.get(self._key(caller), {})

    async def freshen(self, caller):
        """Reads a caller's list if it is older than 30 s."""
        if monotonic() - self._read_at.get(self._key(caller), -_AGE) >= _AGE:
            await self.read(caller)

    async def read(self, caller):
        """Reads the list. On failure the last list stays."""
        key, before = self._key(caller), self._fingerprint()
        self._read_at[key] = monotonic()
        try:
            found = await self._ask(caller, _LIMIT)
            tools = read_dynamic(found, self._static, lambda text: self._context.log("warn", text))
            self._lists[key] = tools
            self.problem = None
        except BaseException as error:  # noqa: BLE001 - foreign code
            if loop.is_cancellation(error):
                raise
            self.problem = f"get_dynamic_tools failed, the last tools stay active: {describe(error)}."
            self._context.log("warn", self.problem)
        while len(self._lists) > _MAX_SESSIONS:
            oldest = min(self._lists, key=self._read_at.get)
            del self._lists[oldest]
            self._read_at.pop(oldest, None)
        if self._fingerprint() != before:
            self._context.changed()

    def after_call(self, caller):
        self._read_later(caller, _AFTER_CALL)

    def from_now_on(self):
        """Starts the periodic refresh of the shared list. Session lists are read on request."""
        if not self.by_session:
            loop.running_loop().call_soon_threadsafe(self._read_later, {}, _AGE)

    def close(self):
        self._closed = True

    # Runs on the event loop. An earlier time wins. The shared list schedules its next read itself.
    def _read_later(self, caller, delay):
        if self._closed:
            return
        running, key = loop.running_loop(), self._key(caller)
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= running.time() + delay:
                return
            timer.cancel()
        self._timers[key] = running.call_later(delay, self._read_now, caller, key)

    def _read_now(self, caller, key):
        self._timers.pop(key, None)
        task = loop.running_loop().create_task(self.read(caller))
        if not self.by_session:
            task.add_done_callback(lambda _: self._read_later({}, _AGE))

    def report(self):
        """All tools with their sessions. A tool with different definitions has one item for each."""
        tools = {}
        for session, found in self._lists.items():
            for tool in found.values():
                tools.setdefault(dumps(tool), {**tool, "sessions": []})["sessions"].append(session)
        if self.by_session:
            return list(tools.values())
        return [{key: value for key, value in tool.items() if key != "sessions"} for tool in tools.values()]

    def _fingerprint(self):
        return dumps([sorted((session, sorted(tools.items())) for session, tools in self._lists.items()), self.problem])
