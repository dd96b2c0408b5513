"""A thread of one plugin's own: what its code binds to a thread is found again by the next call."""

from collections import deque
from contextvars import copy_context
from functools import wraps
from threading import Event, Lock, Thread, Timer, current_thread, get_ident, main_thread
from time import monotonic

# How long a call that may run on any thread waits for a look: what is bound to the thread, though unsaid, outlasts a short one.
_PATIENCE = 0.5
_own = set()


class OwnThread:
    """Runs what is posted, in order. While it has nothing else to do, it may be the thread that reads."""

    def __init__(self, pool, name):
        self._pool = pool
        self._lock = Lock()
        self._rest = Lock()
        self._rest.acquire()
        self._idle = False
        # Looked at by the pool before each read.
        self.tasks = deque()
        # Calls that it runs or is about to run, until they have returned.
        self.calls = {}
        # Looks at the whole that it has to do, and when the present one began.
        self._looks = 0
        self._looking_since = None
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
        """Whether what is posted now waits for no call."""
        return not self.calls

    def looking(self, task):
        """The same task, counted as a look at the whole from now until it ends; to be run on this thread."""
        with self._lock:
            self._looks += 1

        def run():
            self._looking_since = monotonic()
            try:
                return task()
            finally:
                with self._lock:
                    self._looks -= 1
                    self._looking_since = None

        return run

    def patience(self):
        """For how many seconds a call may wait for a look; None where there is none."""
        if self._looks == 0:
            return None
        since = self._looking_since
        return _PATIENCE if since is None else since + _PATIENCE - monotonic()

    def post_within(self, seconds, task, otherwise):
        """Has something run there, or `otherwise` on another thread if that does not come to it in time; one of the two."""
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
        """Has something run there, behind what it has to do already."""
        with self._lock:
            self.tasks.append(task)
            idle, self._idle = self._idle, False
        if idle:
            self._rest.release()
        elif self._pool.waits_in(self):
            self._pool.ring()

    def take(self, task):
        """The same where it has nothing to do; False where it has."""
        with self._lock:
            if not self._idle:
                return False
            self._idle = False
            self.tasks.append(task)
        self._rest.release()
        return True

    def run(self, function, patience=None):
        """
        Runs something there and waits for its value. A thread that does not come to it within `patience` seconds leaves it
        to the caller's.
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
    """Something that one thread runs and another waits for."""

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
    """The current thread is one of those whose code may set handlers."""
    _own.add(get_ident())


def lend_signals(on_main):
    """Has handlers that plugins set on threads of their own set on the main thread, the only one that may."""
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
