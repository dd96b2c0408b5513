"""Calls in flight: their turn, their cancellation, and what becomes of those that nobody waits for any more."""

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
    """What a format's runtime sees of one call."""

    # waiting, running, abandoned, done
    state = "waiting"
    task = None
    # For the format's own use.
    notes = None
    # Whether it takes one of the plugin's places.
    counts_against_limit = True
    _listeners = None
    _done = 0
    _bucket = None
    # When it began to wait for a place.
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
        """What the client says of its request that is for whoever serves it."""
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
        """Calls back when nobody waits for the answer any more."""
        if self._listeners is None:
            self._listeners = []
        self._listeners.append(listener)
        if self.cancelled:
            listener()

    def progress(self, message=None, done=None, total=None):
        """Reports progress; without a number every report counts one further."""
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
        """Reaches the client behind the call, as far as it wants to hear, and the gateway's log."""
        self._bridge.notify("log", {"id": self.entry.id, "level": str(level), "text": cut(str(text)), "call": self.number})

    def ask(self, questions):
        """Asks the client and waits; for code in a thread. Raises BridgeError where no answer came."""
        return self._bridge.ask("ask", {"call": self.number, "questions": questions}) or {}

    async def ask_async(self, questions):
        """The same for code on the loop."""
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
        """Whether somebody still waits for the result."""
        with _changes:
            if self.state == "abandoned":
                return False
            self.state = "done"
        if self._bucket is not None:
            self._bucket.flush()
        return True

    def tell_late(self):
        self.entry.context.log("info", f"{self.tool} ended after its cancellation; the result is dropped")

    def refuse(self):
        """Whether it had not begun; then it never will."""
        with _changes:
            if self.state != "waiting":
                return False
            self.state = "abandoned"
            return True

    def refuse_waiting(self, seconds):
        """The calls that have waited so long for the place of this one, and will not run."""
        waiting = self.entry.limiter.waited(seconds) if self.counts_against_limit else ()
        return [call for call in waiting if call.refuse()]

    def abandon(self):
        """Nobody waits any more; what it was doing until now."""
        with _changes:
            before, self.state = self.state, "abandoned"
        if before == "running":
            self._tell_listeners()
        return before

    def _tell_listeners(self):
        for listener in self._listeners or ():
            try:
                listener()
            except BaseException as error:  # noqa: BLE001 - foreign code
                self.entry.context.log("warn", f"a cancellation listener failed: {type(error).__name__}")


def _is_number(value):
    return type(value) in (int, float) and value - value == 0


class CallLimiter:
    """The places of one plugin: so many calls run, the others wait in order."""

    def __init__(self, limit):
        self.limit = limit
        self._lock = Lock()
        self._running = 0
        self._waiting = deque()

    def acquire(self, call):
        """Whether the call may run now; otherwise it waits."""
        with self._lock:
            if self._running < self.limit:
                self._running += 1
                return True
            call.since = monotonic()
            self._waiting.append(call)
            return False

    def waited(self, seconds):
        """The calls that have waited so long."""
        now = monotonic()
        with self._lock:
            return [call for call in self._waiting if now - call.since >= seconds]

    def release(self):
        """Gives the place to the next call, which is returned, or frees it."""
        with self._lock:
            while self._waiting:
                call = self._waiting.popleft()
                if call.state == "waiting":
                    return call
            self._running -= 1
            return None


class AbandonedCalls:
    """
    Python threads cannot be killed, so a cancelled call that keeps running still counts against the limit. When a plugin has no place left,
    or many calls hang, the gateway is asked for a fresh process.
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
            reason = f"a call of {entry.id} goes on after its cancellation and cannot be stopped"
            self._bridge.notify("restart", {"id": entry.id, "reason": reason})


def busy_error(asking):
    said = f"{asking.entry.id} serves {asking.entry.limiter.limit} call{'s' if asking.entry.limiter.limit > 1 else ''} at a time, and {asking.tool} waits for the user's answer."
    return BridgeError("BUSY", said, "Call again once the question is answered.")


def cancelled_error():
    return BridgeError("CALL_CANCELLED", "The call was cancelled.")
