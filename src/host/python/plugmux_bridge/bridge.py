"""Handles the requests of the gateway to the process."""

import os
import signal
from threading import Lock, Timer
from time import monotonic

from . import loop
from .calls import Call, AbandonedCalls, busy_error, cancelled_error
from .channel import handshake_reply, parse
from .leader_follower import LeaderFollowerPool
from .encode import dumps, to_json
from .errors import BridgeError, describe, to_bridge_error, trace
from .own_thread import Errand, OwnThread, lend_signals, lend_to_this
from .plugins import Plugins
from .loop_lag import LoopLagMonitor
from .results import error_result
from .running import Runner



class Bridge:
    """The process: the main thread loads and closes plugins, the pool reads and calls them."""

    def __init__(self, channel):
        self.channel = channel
        self.notify = channel.notify
        self.abandoned_calls = AbandonedCalls(self)
        self.loop_turns = loop.turns
        self._plugins = Plugins(self)
        self._calls = {}
        self._limit_results(8 * 1024 * 1024)
        self._started = monotonic()
        self._jobs = []
        self._has_jobs = Lock()
        self._has_jobs.acquire()
        self._jobs_lock = Lock()
        self._leaving = False
        self._stop_seconds = 5.0
        self._lag_monitor = LoopLagMonitor(self._calls, self.notify)
        self._pool = LeaderFollowerPool(channel, self._handle, lambda: self.leave(0))
        self._runner = Runner(self._pool, channel.flush, self._finish)

    def calls(self):
        """The calls in flight."""
        return list(self._calls.values())

    def own_thread(self, name):
        """A thread for one plugin."""
        lend_signals(self.on_main)
        return OwnThread(self._pool, name)

    def run(self):
        """Serves until the channel closes. Loading stays on the main thread, since some plugins set signal handlers."""
        self._pool.start()
        while True:
            self._work()

    def _work(self):
        self._has_jobs.acquire()
        with self._jobs_lock:
            jobs, self._jobs = self._jobs, []
        for job in jobs:
            job()

    def run_on_loop(self, function):
        """Runs a function on the loop's thread and returns its value. The main thread keeps running other jobs while it waits."""
        lend_signals(self.on_main)
        errand = Errand(lambda: (lend_to_this(), function())[1], lambda: self.on_main(lambda: None))
        loop.post(errand.run)
        while not errand.ended.is_set():
            self._work()
        return errand.value()

    def on_main(self, job):
        """Queues a job for the main thread."""
        with self._jobs_lock:
            self._jobs.append(job)
            if len(self._jobs) == 1:
                self._has_jobs.release()

    def _handle(self, line):
        message = parse(line)
        if message is None:
            return
        method = message.get("method")
        params = message.get("params") or {}
        if method == "call":
            self._call(message["id"], params)
        elif method is None:
            self.channel.settle(message)
        elif method == "cancel":
            self._cancel(params.get("call"))
        elif method == "held":
            self._refuse_waiting(params.get("call"), params.get("ms", 0) / 1000)
        elif "id" in message:
            self._answer(message["id"], method, params)

    def _answer(self, number, method, params):
        if method == "ping":
            self.channel.reply(number, dumps(self._status()), hold=True)
        elif method == "hello":
            self._limit_results(params.get("resultBytes", self._result_bytes))
            self._stop_seconds = params.get("stopMs", self._stop_seconds * 1000) / 1000
            self._lag_monitor.limit(params)
            self.channel.reply(number, dumps(handshake_reply()))
        elif method == "request":
            self._request(number, params)
        elif method == "load":
            self.on_main(lambda: self._reply_with(number, lambda: self._plugins.load(params["id"], params["module"], params["params"])))
        elif method == "initialize":
            self._initialize(number, params["id"])
        elif method == "shutdown":
            seconds = params.get("deadlineMs", self._stop_seconds * 1000) / 1000
            self.on_main(lambda: self._reply_with(number, lambda: self._close(seconds)))
        else:
            self.channel.reply_error(number, self._unknown(method))

    # A plugin with its own thread does not delay others.
    def _initialize(self, number, plugin_id):
        entry = self._plugins.get(plugin_id)
        post = self.on_main if entry is None or entry.thread is None else entry.thread.post
        post(lambda: self._reply_with(number, lambda: self._plugins.initialize(plugin_id)))

    def _request(self, number, params):
        plugin_id, method = params["id"], params["method"]
        work = lambda: self._plugins.request(plugin_id, method, params.get("params") or {})  # noqa: E731
        self._runner.on_own(self._plugins.get(plugin_id), method, work, lambda run: self._reply_with(number, run))

    def _limit_results(self, size):
        self._result_bytes = size
        # A text of this many characters fits in any case (UTF-8 needs at most 4 bytes each); longer ones are measured.
        self._surely_fits = size // 4

    def _unknown(self, method):
        return BridgeError("METHOD_NOT_FOUND", f'The plugin process does not support the method "{method}".')

    def _status(self):
        return {
            "uptime": round(monotonic() - self._started, 3),
            "inFlight": len(self._calls),
            "abandoned": len(self.abandoned_calls),
            "loopLag": round(self._lag_monitor.take(), 3),
        }

    def _reply_with(self, number, run):
        try:
            value = run()
            if loop.is_awaitable(value):
                loop.spawn(value, lambda task: None, lambda result, error: self._reply_value(number, result, error))
            else:
                self._reply_value(number, value, None)
        except BaseException as error:  # noqa: BLE001 - foreign code runs in here
            self._reply_value(number, None, error)

    def _reply_value(self, number, value, error):
        text = None
        if error is None:
            text = to_json(value)[0]
            if _size(text) > self._result_bytes:
                what = f"The plugin process's reply has {_size(text)} bytes; the limit is {self._result_bytes}."
                error = BridgeError("RESULT_TOO_LARGE", what)
        if error is not None:
            self._log_trace(error)
            self.channel.reply_error(number, to_bridge_error(error))
        else:
            self.channel.reply(number, text)

    def notify_changed(self, plugin_id, report):
        """Sends the changed report of a plugin to the gateway."""
        text = to_json({"id": plugin_id, "report": report})[0]
        if _size(text) > self._result_bytes:
            what = f"the changed offer was not sent: it exceeds the limit of {self._result_bytes} bytes; the previous one stays"
            self.notify("log", {"id": plugin_id, "level": "error", "text": what})
        else:
            self.channel.notify_json("changed", text)

    def bounded(self, params):
        """Serialises a request; raises MESSAGE_TOO_LARGE if it exceeds the limit of the gateway."""
        text = to_json(params)[0]
        if _size(text) > self._result_bytes:
            what = f"The plugin's request has {_size(text)} bytes; the limit is {self._result_bytes}."
            raise BridgeError("MESSAGE_TOO_LARGE", what)
        return text

    def ask(self, method, params):
        """Sends a request to the gateway and waits for the reply; raises BridgeError if it fails."""
        return self.channel.ask(method, self.bounded(params))

    def _log_trace(self, error):
        if not isinstance(error, BridgeError):
            self.notify("log", {"level": "warn", "text": trace(error)})

    # --- calls

    def _call(self, number, params):
        entry = self._plugins.get(params.get("id"))
        if entry is None:
            self.channel.reply_error(number, BridgeError("PLUGIN_UNAVAILABLE", f"Plugin \"{params.get('id')}\" is not loaded."))
            return
        call = Call(self, number, entry, params)
        self._calls[number] = call
        call.counts_against_limit = entry.counts_against_limit(call.tool)
        if not call.counts_against_limit or entry.limiter.acquire(call):
            self._runner.place(call)

    def _finish(self, call, result, error):
        self._calls.pop(call.number, None)
        if not call.end():
            self.abandoned_calls.remove(call)
            call.log_late()
            return
        if error is None and result is not None and len(result) <= self._surely_fits:
            self.channel.reply(call.number, result, hold=call.task is None)
        elif isinstance(error, BridgeError):
            self.channel.reply_error(call.number, error)
        elif error is not None:
            call.entry.context.log("debug", f"{call.tool} raised: {trace(error)}")
            self.channel.reply(call.number, error_result(describe(error)))
        elif result is None:
            self.channel.reply_error(call.number, cancelled_error())
        elif _size(result) > self._result_bytes:
            text = f"The result has {_size(result)} bytes; the limit is {self._result_bytes}."
            self.channel.reply_error(call.number, BridgeError("RESULT_TOO_LARGE", text))
        else:
            self.channel.reply(call.number, result, hold=call.task is None)

    def _refuse_waiting(self, number, seconds):
        """Rejects queued calls that have waited too long while the running call waits for the user's answer."""
        asking = self._calls.get(number)
        for call in asking.refuse_waiting(seconds) if asking else ():
            self._calls.pop(call.number, None)
            self.channel.reply_error(call.number, busy_error(asking))
        self.channel.flush()

    def _cancel(self, number):
        call = self._calls.pop(number, None)
        if call is None:
            return
        running = call.abandon() == "running"
        self.channel.reply_error(number, cancelled_error(), hold=True)
        if not running:
            return
        self.abandoned_calls.add(call)
        if call.task is not None:
            loop.running_loop().call_soon_threadsafe(call.task.cancel)

    # --- the end

    def _close(self, seconds):
        self._plugins.close(seconds)
        return {}

    def leave(self, code):
        """Closes every plugin within a deadline and ends the process with everything it started."""
        with self._jobs_lock:
            if self._leaving:
                return
            self._leaving = True
        # The main thread may be stuck in a plugin's import, so a timer enforces the deadline.
        timer = Timer(self._stop_seconds, _exit, (code,))
        timer.daemon = True
        timer.start()
        self.channel.fail_pending(BridgeError("PLUGIN_UNAVAILABLE", "The gateway has closed the channel."))
        self.on_main(lambda: (self._plugins.close(self._stop_seconds), _exit(code)))


def _size(text):
    return len(text) if text.isascii() else len(text.encode())


def _exit(code):
    try:
        if os.name == "posix" and os.environ.get("PLUGMUX_PROCESS") and os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
    finally:
        os._exit(code)
