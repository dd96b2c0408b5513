"""The asyncio loop of the process, on its own thread. Started on first use."""

import sys
from threading import Event, Lock, Thread
from time import monotonic, sleep

from .eager import EagerRunner, awaits_nothing, loop_needed

_WARM_UP_AFTER = 0.05
_lock = Lock()
_eager = None
_loop = None
_asked = None
_lag = 0.0


def running_loop():
    """The loop; starts it if needed."""
    global _loop
    with _lock:
        if _loop is None:
            import asyncio

            _loop = asyncio.new_event_loop()
            _thread().end()
        return _loop


# Starts the loop's thread, which runs eager coroutines until the loop exists.
def _thread():
    global _eager
    if _eager is None:
        _eager = EagerRunner()
        Thread(target=_serve, args=(_eager,), name="plugmux-loop", daemon=True).start()
    return _eager


def _serve(eager):
    eager.serve(spawn)
    import asyncio

    asyncio.set_event_loop(_loop)
    while True:
        try:
            _loop.run_forever()
        except BaseException as error:  # noqa: BLE001 - sys.exit in a task of the plugin's own comes out here
            sys.stderr.write(f"a background task ended with {type(error).__name__}; the loop continues\n")


def turns(within=1.0):
    """Whether the loop responds within a time in seconds; True if it has not been started."""
    if _loop is None:
        return True
    turned = Event()
    _loop.call_soon_threadsafe(turned.set)
    return turned.wait(within)


def lag():
    """Lag of the loop in seconds, and whether it is blocked now; otherwise the lag is that of the last check."""
    global _asked
    if _loop is None:
        return 0.0, False
    asked = _asked
    if asked is not None:
        return monotonic() - asked, True
    _asked = monotonic()
    _loop.call_soon_threadsafe(_turned)
    return _lag, False


def _turned():
    global _asked, _lag
    _lag = monotonic() - _asked
    _asked = None


def current_task():
    """The task that is running in the loop."""
    import asyncio

    return None if _loop is None else asyncio.current_task(_loop)


class Late(Exception):
    """An awaitable has timed out."""


async def within(awaitable, seconds):
    """Awaits with a time limit; cancels and raises Late once it is exceeded."""
    if not await _is_turning(awaitable):
        return await awaitable
    import asyncio

    # wait_for() cannot distinguish its own timeout from a TimeoutError of the awaitable.
    task = asyncio.ensure_future(awaitable)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
    except asyncio.CancelledError:
        task.cancel()
        raise
    task.cancel()
    raise Late(f"no answer within {seconds:g} s")


# A coroutine that never waits needs no loop; otherwise the loop is started.
async def _is_turning(awaitable):
    if _eager is None or not _eager.serving:
        return True
    if awaits_nothing(awaitable):
        return False
    await loop_needed()
    return True


def own_loop():
    """
    Gives the current thread an event loop that is not running, like that of a main thread, for plugins that run their own
    coroutines in it.
    """
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        asyncio.set_event_loop(asyncio.new_event_loop())


def warm_up(then=None):
    """Starts the loop in the background, after a short delay for the pending reply."""

    def start():
        sleep(_WARM_UP_AFTER)
        running_loop()
        if then is not None:
            then()

    Thread(target=start, name="plugmux-warm-up", daemon=True).start()


def is_cancellation(error):
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def is_awaitable(value):
    return hasattr(type(value), "__await__")


def spawn(awaitable, started, done):
    """Runs an awaitable on the loop, where `started(task)` and `done(result, error)` are called."""

    async def run():
        try:
            return await awaitable, None
        except (SystemExit, KeyboardInterrupt) as error:
            # Otherwise the exception would end the loop.
            return None, error

    def start():
        task = loop.create_task(run())
        started(task)
        task.add_done_callback(finish)

    def finish(task):
        if task.cancelled():
            done(None, None)
        elif task.exception() is not None:
            done(None, task.exception())
        else:
            done(*task.result())

    loop = running_loop()
    loop.call_soon_threadsafe(start)


def wait_for(awaitable):
    """Runs an awaitable on the loop from another thread; returns its result or raises."""
    return _outcome(lambda done: spawn(awaitable, lambda task: None, done))


def begin(coroutine):
    """
    Like `wait_for`, for a coroutine of the bridge that runs plugin code only in `within()`. Avoids the import of asyncio,
    which takes longer than the rest of a start, if nothing awaits.
    """

    def start(done):
        with _lock:
            if _loop is None and "asyncio" not in sys.modules:
                return _thread().put(coroutine, done)
        return spawn(coroutine, lambda task: None, done)

    return _outcome(start)


def post(function):
    """Runs a function on the loop's thread, even if the loop has not been started."""

    async def run():
        function()

    with _lock:
        if _loop is None:
            _thread().put(run(), lambda result, error: None)
            return
    spawn(run(), lambda task: None, lambda result, error: None)


def _outcome(start):
    gate = Event()
    outcome = []

    def done(result, error):
        outcome.extend((result, error))
        gate.set()

    start(done)
    gate.wait()
    if outcome[1] is not None:
        raise outcome[1]
    return outcome[0]
