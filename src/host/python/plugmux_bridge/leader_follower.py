"""Threads that take turns reading the channel; the reading thread handles what it reads."""

from threading import Lock, Thread, get_ident
from time import sleep

_PATIENCE = 0.005
_QUIET_ROUNDS = 40


class LeaderFollowerPool:
    """
    The reading thread handles each message itself, so that short calls need no switch of threads. If that takes long, a
    watchdog makes another thread the reader.
    """

    def __init__(self, channel, handle, ended):
        self._channel = channel
        self._handle = handle
        self._on_end = ended
        self._lock = Lock()
        self._tasks = []
        self._idle = []
        self._turn = 0
        # Id of the reading thread, and its OwnThread if it belongs to a plugin.
        self._leader = None
        self._own = None
        self._busy = False
        self._count = 0
        self._asleep = False
        self._alarm = Lock()
        self._alarm.acquire()

    def start(self):
        Thread(target=self._watch, name="plugmux-watch", daemon=True).start()
        self.submit(self._lead)

    def submit(self, task):
        """Runs a task on an idle thread, or a new one."""
        with self._lock:
            self._tasks.append(task)
            waiting = self._idle.pop() if self._idle else None
        if waiting is not None:
            waiting.release()
        else:
            Thread(target=self._work, name="plugmux-worker", daemon=True).start()

    def _work(self):
        rest = Lock()
        rest.acquire()
        while True:
            with self._lock:
                task = self._tasks.pop(0) if self._tasks else None
                if task is None:
                    self._idle.append(rest)
            if task is None:
                rest.acquire()
            else:
                task()

    def hand_over(self, thread, task):
        """
        Runs a task on a plugin's own thread if that is idle; otherwise False. If the current thread is the reader, the
        plugin's thread becomes the reader, so that the next call of the plugin needs no switch of threads.
        """
        with self._lock:
            reads = self._leader == get_ident()
            if not thread.take((lambda: self._lead(thread, task)) if reads else task):
                return False
            if reads:
                self._turn += 1
                self._busy = False
                self._leader = None
        return True

    def waits_in(self, thread):
        """Whether a plugin's own thread is waiting for the next line."""
        return self._own is thread and not self._busy

    def wake(self):
        """Requests a reply from the gateway, which wakes the thread that is waiting for the next line."""
        self._channel.put("wake", "{}", lambda result, error: None)

    def _lead(self, own=None, task=None):
        channel = self._channel
        with self._lock:
            turn = self._turn
            self._leader = get_ident()
            self._own = own
        while True:
            if own is not None and task is None and own.tasks:
                task = own.tasks.popleft()
            if task is None:
                line = channel.read_line()
                if line is None:
                    self._on_end()
                    return
            self._count += 1
            self._busy = True
            if self._asleep:
                self._rouse()
            if task is None:
                self._handle(line)
            else:
                task()
                task = None
            with self._lock:
                deposed = self._turn != turn
                if not deposed:
                    self._busy = False
            if deposed or not channel.has_line():
                channel.flush()
            if deposed:
                return

    def _rouse(self):
        with self._lock:
            if self._asleep:
                self._asleep = False
                self._alarm.release()

    def _watch(self):
        seen, quiet = -1, 0
        while True:
            sleep(_PATIENCE)
            if self._busy:
                quiet = 0
                if self._count == seen:
                    self._depose(seen)
                seen = self._count
                continue
            quiet += 1
            if quiet < _QUIET_ROUNDS:
                continue
            quiet = 0
            with self._lock:
                # Set before `_busy` is checked; the leader does it in the opposite order, so one of the two notices.
                self._asleep = True
                if self._busy:
                    self._asleep = False
                    continue
            self._alarm.acquire()

    def _depose(self, seen):
        with self._lock:
            if not self._busy or self._count != seen:
                return
            self._turn += 1
            self._busy = False
            self._leader = None
        self.submit(self._lead)
        self._channel.flush()
