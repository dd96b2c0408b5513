"""The loop's thread before there is a loop. What runs here first finds the same thread again later, as plugins expect."""

from contextvars import copy_context
from queue import SimpleQueue

# An import may be that of asyncio, which then wants to find its loop.
_WAITING = ("GET_AWAITABLE", "GET_ANEXT", "IMPORT_NAME")


class EagerRunner:
    """Runs coroutines up to where they ask for the loop."""

    def __init__(self):
        self._jobs = SimpleQueue()
        self.serving = True

    def put(self, coroutine, done):
        """Has a coroutine run; `done(result, error)` is called in the loop's thread."""
        self._jobs.put((copy_context(), coroutine, done))

    def end(self):
        """There is a loop."""
        self._jobs.put(None)

    def serve(self, spawn):
        """Runs what comes until there is a loop; `spawn` then takes what has not ended."""
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
    """To be awaited by a coroutine that goes on in the loop."""
    return _Asking()


class _Rest:
    """What is left of a coroutine: one that has begun cannot be awaited as such."""

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
    """Whether a coroutine cannot but run through, as its code shows."""
    code = getattr(awaitable, "cr_code", None)
    if code is None:
        return False
    from opcode import opmap

    return all(name in opmap for name in _WAITING) and not {opmap[name] for name in _WAITING} & set(code.co_code[::2])
