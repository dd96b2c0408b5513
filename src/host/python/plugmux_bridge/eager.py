"""Runs coroutines on the loop's thread before the loop exists. They run on the same thread later, as plugins expect."""

from contextvars import copy_context
from queue import SimpleQueue

# An import counts as waiting too, since it may import asyncio, which needs the loop.
_WAITING = ("GET_AWAITABLE", "GET_ANEXT", "IMPORT_NAME")


class EagerRunner:
    """Runs coroutines until they need the loop."""

    def __init__(self):
        self._jobs = SimpleQueue()
        self.serving = True

    def put(self, coroutine, done):
        """Queues a coroutine; `done(result, error)` is called on the loop's thread."""
        self._jobs.put((copy_context(), coroutine, done))

    def end(self):
        """Ends `serve`, because the loop exists now."""
        self._jobs.put(None)

    def serve(self, spawn):
        """Runs queued coroutines until the loop exists; passes unfinished ones to `spawn`."""
        while (job := self._jobs.get()) is not None:
            context, coroutine, done = job
            context.run(_run, coroutine, done, spawn)
        self.serving = False


def _run(coroutine, done, spawn):
    try:
        coroutine.send(None)
    except StopIteration as end:
        done(end.value, None)
    except BaseException as error:  # noqa: BLE001 - foreign code runs in here
        done(None, error)
    else:
        spawn(_Rest(coroutine), lambda task: None, done)


class _Asking:
    def __await__(self):
        yield


def loop_needed():
    """Awaited by a coroutine that must continue in the loop."""
    return _Asking()


class _Rest:
    """The rest of a coroutine. A started coroutine cannot be awaited directly."""

    def __init__(self, coroutine):
        self._coroutine = coroutine

    def __await__(self):
        step, value = self._coroutine.send, None
        while True:
            try:
                wanted = step(value)
            except StopIteration as end:
                return end.value
            try:
                step, value = self._coroutine.send, (yield wanted)
            except BaseException as error:  # noqa: BLE001 - a cancellation, for one
                step, value = self._coroutine.throw, error


def awaits_nothing(awaitable):
    """Whether a coroutine runs without waiting, judged by its bytecode."""
    code = getattr(awaitable, "cr_code", None)
    if code is None:
        return False
    from opcode import opmap

    return all(name in opmap for name in _WAITING) and not {opmap[name] for name in _WAITING} & set(code.co_code[::2])
