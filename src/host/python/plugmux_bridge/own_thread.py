"""A thread that belongs to one plugin, for code that binds objects to its thread."""

from collections import deque
from contextvars import copy_context
from functools import wraps
from threading import Event, Lock, Thread, Timer, current_thread, get_ident, main_thread
from time import monotonic

# How long a call that may run on any thread waits for an inspection, in seconds.
_PATIENCE = 0.5
_own = set()


class OwnThread:
    """Runs posted tasks in order. While idle, it may be the thread that reads the channel."""

    def __init__(self, pool, name):
        self._pool = pool
        self._lock = Lock()
        self._rest = Lock()
        self._rest.acquire()
        self._idle = False
        # The pool checks it before each read.
        self.tasks = deque()
        # Calls that are running on it or posted to it.
        self.calls = {}
        # Number of queued inspections of the plugin, and when the current one began.
        self._inspections = 0
        self._inspecting_since = None
        thread = Thread(target=self._work, name=f"plugmux-{name}", daemon=True)
        thread.start()
        self.ident = thread.ident
        _own.add(thread.ident)

    def _work(self):
        while True:
            with self._lock:
                task = self.tasks.popleft() if self.tasks else None
                self._idle = task is None
            if task is None:
                self._rest.acquire()
            else:
                task()

    def is_current(self):
        return get_ident() == self.ident

    def is_free(self):
        """Whether a posted task would not wait for a call."""
        return not self.calls

    def inspecting(self, task):
        """Wraps a task that inspects the whole plugin, and counts it until it ends. Must run on this thread."""
        with self._lock:
            self._inspections += 1

        def run():
            self._inspecting_since = monotonic()
            try:
                return task()
            finally:
                with self._lock:
                    self._inspections -= 1
                    self._inspecting_since = None

        return run

    def patience(self):
        """How many seconds a call may wait for an inspection; None if there is none."""
        if self._inspections == 0:
            return None
        since = self._inspecting_since
        return _PATIENCE if since is None else since + _PATIENCE - monotonic()

    def post_within(self, seconds, task, otherwise):
        """Posts a task; if it has not begun in time, `otherwise` runs on another thread instead."""
        begun = Lock()
        timer = Timer(seconds, lambda: otherwise() if begun.acquire(False) else None)
        timer.daemon = True

        def run():
            if begun.acquire(False):
                timer.cancel()
                task()

        timer.start()
        self.post(run)

    def post(self, task):
        """Queues a task for this thread."""
        with self._lock:
            self.tasks.append(task)
            idle, self._idle = self._idle, False
        if idle:
            self._rest.release()
        elif self._pool.waits_in(self):
            self._pool.wake()

    def take(self, task):
        """Posts a task if the thread is idle; otherwise returns False."""
        with self._lock:
            if not self._idle:
                return False
            self._idle = False
            self.tasks.append(task)
        self._rest.release()
        return True

    def run(self, function, patience=None):
        """
        Runs a function on this thread and returns its value. If it has not begun within `patience` seconds, it runs on the
        caller's thread.
        """
        if self.is_current():
            return function()
        begun, context = Lock(), copy_context()
        errand = Errand(lambda: context.run(function))
        self.post(lambda: errand.run() if begun.acquire(False) else None)
        if not errand.ended.wait(patience) and begun.acquire(False):
            return function()
        return errand.value()


class Errand:
    """A function that one thread runs while another waits for its value."""

    def __init__(self, function, then=lambda: None):
        self._function = function
        self._then = then
        self._outcome = None
        self.ended = Event()

    def run(self):
        try:
            self._outcome = self._function(), None
        except BaseException as error:  # noqa: BLE001 - foreign code runs in here
            self._outcome = None, error
        self.ended.set()
        self._then()

    def value(self):
        self.ended.wait()
        value, error = self._outcome
        if error is not None:
            raise error
        return value


def lend_to_this():
    """Allows code on the current thread to set signal handlers."""
    _own.add(get_ident())


def lend_signals(on_main):
    """Makes `signal.signal` on plugins' own threads run on the main thread, the only one that may set handlers."""
    import signal

    set_handler = signal.signal
    if hasattr(set_handler, "__wrapped__"):
        return

    @wraps(set_handler)
    def lent(number, handler):
        if get_ident() not in _own or current_thread() is main_thread():
            return set_handler(number, handler)
        errand = Errand(lambda: set_handler(number, handler))
        on_main(errand.run)
        return errand.value()

    signal.signal = lent
