"""Runs executors like the original host does."""

from contextvars import ContextVar
from time import monotonic

from plugmux_bridge.loop import is_awaitable
from plugmux_bridge.results import error_result

from .cancellation import find_runner, token_for
from .talk import plain
from .unwrap import to_result

_MCP_GIVES_UP = 29.5

# The current call, for callbacks that do not name one.
current_call = ContextVar("plugmux_jaato_call", default=None)


class Caller:
    """Runs the tools of one plugin."""

    def __init__(self, owner):
        self._owner = owner
        self._ways = {}
        self._channel = owner.context.bridge.channel
        # The last fetched executors, with the number of the channel read they belong to. Calls of one read were sent before
        # any of them was answered, so none can depend on another's changes.
        self._fetched = -1, {}
        self._error_prefix = owner.params.get("errorPrefix") is True

    def tool(self, contract, name, args, call):
        executor = self.executor(contract, name)
        if executor is None:
            return error_result(f"No executor registered for {name}")
        if call.wants_progress and contract.call("supports_streaming", name):
            return self._stream(contract, name, args, call)
        if contract.generation != "S" or contract.name != "mcp":
            return self.run(executor, name, args, call)
        started = monotonic()
        try:
            return self.run(executor, name, args, call)
        finally:
            # The plugin has stopped waiting for its server by now, and would return the late answer to the next call.
            if monotonic() - started >= _MCP_GIVES_UP:
                self._owner.context.restart("a call of the plugin mcp ran into the plugin's own time limit")

    async def _stream(self, contract, name, args, call):
        """Runs a tool with streaming: each piece is progress, and all pieces together are the result."""
        current_call.set(call)
        pieces = []
        async for chunk in contract.find("execute_streaming")(name, args):
            text = str(getattr(chunk, "content", chunk))
            pieces.append(text)
            call.progress(text)
        return to_result("".join(pieces), self._error_prefix)

    def executor(self, contract, name):
        """Returns the callable of a tool. Plugins may add executors at run time."""
        owner = self._owner
        if contract is owner.contract:
            readings = self._channel.readings
            fetched_at, executors = self._fetched
            if fetched_at != readings:
                executors = (owner.description.fetch() or {}) if owner.touched else owner.description.executors
                self._fetched = readings, executors
            known = executors.get(name)
            if known is not None:
                return known
        return (contract.call("get_executors") or {}).get(name)

    def run(self, executor, name, args, call):
        """Calls an executor. Returns a JSON text, or an awaitable of one."""
        value = self.invoke(executor, name, args, call)
        return to_result(value, self._error_prefix) if type(value) is str else self.finish(value)

    def finish(self, value):
        """Converts a returned value to a result. The bridge awaits an awaitable first."""
        if is_awaitable(value):
            return self._await(value)
        return to_result(value, self._error_prefix)

    async def _await(self, value):
        return to_result(await value, self._error_prefix)

    def invoke(self, executor, name, args, call):
        current_call.set(call)
        way = self._ways.get(name) or self._find_way(executor, name)
        runner = find_runner()
        if runner is None:
            return way(executor, name, args)
        with token_for(runner, call, self.chunk):
            return way(executor, name, args)

    # A legacy executor serves many tools and gets the tool's name. Others get one dict or its items as keywords.
    def _find_way(self, executor, name):
        if getattr(executor, "__name__", "") == "mcp_based_tool":
            way = _with_name
        else:
            way = _with_keywords if self._wants_keywords(executor, name) else _with_dict
        self._ways[name] = way
        return way

    # The original host passes one dict, which fails for executors with keyword parameters.
    def _wants_keywords(self, executor, name):
        tool = self._owner.description.tools.get(name)
        if tool is None or self._owner.params.get("executorCall", "auto") == "dict":
            return False
        from inspect import Parameter

        try:
            parameters = _parameters(executor)
        except (TypeError, ValueError):
            return False
        named = [p for p in parameters if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)]
        only_keywords = bool(parameters) and all(p.kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD) for p in parameters)
        properties = tool.schema.get("properties", {})
        several = len(named) > 1 and all(p.name in properties for p in named)
        if not (several or only_keywords):
            return False
        self._owner.context.log("info", f"the executor of {name} takes keyword parameters; it is called with them instead of one dict")
        return True

    def output(self, source, text, mode="write"):
        """Handles a plugin's output for the user. A "flush" without text is ignored."""
        if not text:
            return
        call = self._owner.current_call()
        talk = call.notes if call is not None else None
        if talk is not None and talk.said is not None:
            talk.say(str(text), mode)
        elif self._owner.params.get("enforce"):
            # Later generations of the permission plugin print their questions here.
            if talk is not None:
                talk.printed.append(plain(text))
        elif call is not None and call.wants_progress:
            call.progress(text)
        elif call is not None:
            call.log("info", text)
        else:
            self._owner.context.log("info", f"{source}: {text}")

    def chunk(self, text):
        self.output("tool", text)


# A decorator's `__wrapped__` counts only if the decorator passes all arguments on.
def _parameters(executor):
    from inspect import Parameter, ismethod, signature

    bound = ismethod(executor)
    function = executor.__func__ if bound else executor
    while True:
        inner = getattr(function, "__wrapped__", None)
        try:
            found = list(signature(function, follow_wrapped=False).parameters.values())
        except ValueError:
            if inner is None:
                raise
            # functools.cache() and similar wrappers are not written in Python and pass all arguments on.
            found = []
        if bound and found and found[0].kind is not Parameter.VAR_POSITIONAL:
            del found[0]
        if inner is None or not {p.kind for p in found} <= {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}:
            return found
        function = inner


def _with_dict(executor, _, args):
    return executor(args)


def _with_name(executor, name, args):
    return executor(name, args)


def _with_keywords(executor, _, args):
    return executor(**args)
