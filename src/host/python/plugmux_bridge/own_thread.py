"""A thread of one plugin's own: what its code binds to a thread is found again by the next call."""

from collections import deque
from contextvars import copy_context
from functools import wraps
from threading import Event, Lock, Thread, current_thread, get_ident, main_thread

_own = set()


class OwnThread:
    """Runs what is posted, in order. While it has nothing else to do, it may be the thread that reads."""

    def __init__(self, crew, name):
        self._crew = crew
        self._lock = Lock()
        self._rest = Lock()
        self._rest.acquire()
        self._idle = False
        # Looked at by the crew before each read.
        self.tasks = deque()
        # Calls that it runs or is about to run, until they have returned.
        self.calls = {}
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

    def post(self, task):
        """Has something run there, behind what it has to do already."""
        with self._lock:
            self.tasks.append(task)
            idle, self._idle = self._idle, False
        if idle:
            self._rest.release()
        elif self._crew.waits_in(self):
            self._crew.ring()

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
