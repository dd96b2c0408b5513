"""Calls in flight: queueing, cancellation, and calls that keep running after it."""

from collections import deque
from threading import Lock, Timer
from time import monotonic

from .errors import BridgeError, cut
from .progress import Bucket

_GRACE = 1.0
_HARD_LIMIT = 60.0
_MAX_STUCK = 4
_changes = Lock()


class Call:
    """One call, as passed to a format's runtime."""

    # waiting, running, abandoned, done
    state = "waiting"
    task = None
    # For the format's own use.
    notes = None
    # Whether it counts against the plugin's limit of concurrent calls.
    counts_against_limit = True
    _listeners = None
    _done = 0
    _bucket = None
    # When it was queued.
    since = 0.0

    def __init__(self, bridge, number, entry, params):
        self.number = number
        self.entry = entry
        self.tool = params.get("tool", "")
        self.args = params.get("args") or {}
        self._params = params
        self._bridge = bridge

    @property
    def id(self):
        return str(self.number)

    @property
    def caller(self):
        """`id`, `session`, `principal`, `profile`; empty unless the adapter asked for them."""
        return self._params.get("caller") or {}

    @property
    def meta(self):
        """The request's `_meta` for plugins."""
        return self._params.get("meta") or {}

    @property
    def can(self):
        """Kinds of questions that the client can answer."""
        return self._params.get("can") or ()

    @property
    def wants_progress(self):
        return self._params.get("progress") is True

    @property
    def cancelled(self):
        return self.state == "abandoned"

    def on_cancel(self, listener):
        """Calls the listener on cancellation."""
        if self._listeners is None:
            self._listeners = []
        self._listeners.append(listener)
        if self.cancelled:
            listener()

    def progress(self, message=None, done=None, total=None):
        """Reports progress; without `done`, every report increases it by one."""
        if not self.wants_progress or self.state != "running":
            return
        self._done = done if _is_number(done) else self._done + 1
        if self._bucket is None:
            self._bucket = Bucket(self._send_progress)
        self._bucket.report(self._done, total if _is_number(total) else None, None if message is None else cut(str(message)))

    def _send_progress(self, done, total, message):
        params = {"call": self.number, "done": done}
        if total is not None:
            params["total"] = total
        if message is not None:
            params["message"] = message
        self._bridge.notify("progress", params)

    def log(self, level, text):
        """Logs to the client, filtered by its log level, and to the gateway's log."""
        self._bridge.notify("log", {"id": self.entry.id, "level": str(level), "text": cut(str(text)), "call": self.number})

    def ask(self, questions):
        """Sends questions to the client and waits; for code in a thread. Raises BridgeError if there is no answer."""
        return self._bridge.ask("ask", {"call": self.number, "questions": questions}) or {}

    async def ask_async(self, questions):
        """Like `ask`, for code on the loop."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        future = loop.create_future()

        def done(result, error):
            loop.call_soon_threadsafe(lambda: future.done() or finish(result, error))

        def finish(result, error):
            if error is None:
                future.set_result(result or {})
            else:
                future.set_exception(error)

        self._bridge.channel.put("ask", self._bridge.bounded({"call": self.number, "questions": questions}), done)
        return await future

    def begin(self):
        """Whether the call may start; a cancelled one may not."""
        with _changes:
            if self.state != "waiting":
                return False
            self.state = "running"
            return True

    def end(self):
        """Marks the call as done; False if it was cancelled."""
        with _changes:
            if self.state == "abandoned":
                return False
            self.state = "done"
        if self._bucket is not None:
            self._bucket.flush()
        return True

    def log_late(self):
        self.entry.context.log("info", f"{self.tool} ended after its cancellation; the result is dropped")

    def refuse(self):
        """Prevents a queued call from starting; False if it has started."""
        with _changes:
            if self.state != "waiting":
                return False
            self.state = "abandoned"
            return True

    def refuse_waiting(self, seconds):
        """Rejects calls that have been queued behind this one for so long, and returns them."""
        waiting = self.entry.limiter.waited(seconds) if self.counts_against_limit else ()
        return [call for call in waiting if call.refuse()]

    def abandon(self):
        """Marks the call as abandoned; returns its previous state."""
        with _changes:
            before, self.state = self.state, "abandoned"
        if before == "running":
            self._notify_listeners()
        return before

    def _notify_listeners(self):
        for listener in self._listeners or ():
            try:
                listener()
            except BaseException as error:  # noqa: BLE001 - foreign code
                self.entry.context.log("warn", f"a cancellation listener failed: {type(error).__name__}")


def _is_number(value):
    return type(value) in (int, float) and value - value == 0


class CallLimiter:
    """Limits the concurrent calls of one plugin; further calls are queued in order."""

    def __init__(self, limit):
        self.limit = limit
        self._lock = Lock()
        self._running = 0
        self._waiting = deque()

    def acquire(self, call):
        """Whether the call may run now; otherwise it is queued."""
        with self._lock:
            if self._running < self.limit:
                self._running += 1
                return True
            call.since = monotonic()
            self._waiting.append(call)
            return False

    def waited(self, seconds):
        """The calls that have been queued for so long."""
        now = monotonic()
        with self._lock:
            return [call for call in self._waiting if now - call.since >= seconds]

    def release(self):
        """Ends a running call; returns the next queued call, which may run now."""
        with self._lock:
            while self._waiting:
                call = self._waiting.popleft()
                if call.state == "waiting":
                    return call
            self._running -= 1
            return None


class AbandonedCalls:
    """
    Python threads cannot be killed, so a cancelled call that keeps running still counts against the limit. If a plugin has no
    capacity left, or many calls hang, the process requests its replacement.
    """

    def __init__(self, bridge):
        self._bridge = bridge
        self._calls = set()
        self._asked = False

    def __len__(self):
        return len(self._calls)

    def add(self, call):
        self._calls.add(call)
        for delay in (_GRACE, _HARD_LIMIT):
            timer = Timer(delay, self._review, (call, delay >= _HARD_LIMIT))
            timer.daemon = True
            timer.start()

    def remove(self, call):
        self._calls.discard(call)

    def _review(self, call, hard):
        if call not in self._calls or self._asked:
            return
        entry = call.entry
        of_plugin = sum(1 for other in list(self._calls) if other.entry is entry)
        no_thread = call.task is None and entry.thread is not None and entry.is_bound(call.tool)
        if hard or no_thread or of_plugin >= entry.limiter.limit or len(self._calls) >= _MAX_STUCK or not self._bridge.loop_turns():
            self._asked = True
            reason = f'a call of plugin "{entry.id}" keeps running after its cancellation and cannot be stopped'
            self._bridge.notify("restart", {"id": entry.id, "reason": reason})


def busy_error(asking):
    limit = asking.entry.limiter.limit
    calls = f"{limit} call{'s' if limit > 1 else ''} at a time"
    message = f"{asking.entry.id} serves {calls}, and {asking.tool} waits for the user's answer."
    return BridgeError("BUSY", message, "Call again once the question is answered.")


def cancelled_error():
    return BridgeError("CALL_CANCELLED", "The call was cancelled.")
