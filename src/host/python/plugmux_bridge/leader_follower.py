"""Threads that take turns at reading and run what they read themselves."""

from threading import Lock, Thread, get_ident
from time import sleep

_PATIENCE = 0.005
_QUIET_ROUNDS = 40


class LeaderFollowerPool:
    """
    The reading thread handles each message on the spot, so that a short call costs no hand-over between threads. A
    watchdog notices when that takes long and lets another thread read on.
    """

    def __init__(self, channel, handle, ended):
        self._channel = channel
        self._handle = handle
        self._on_end = ended
        self._lock = Lock()
        self._tasks = []
        self._idle = []
        self._turn = 0
        # The thread that reads, and the plugin's own thread that it is.
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
        """Runs something in a thread of its own, an idle one where there is one."""
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
        Has a plugin's own thread run something where it has nothing to do; False where it has. If this thread reads, that one
        reads on: the next call of the plugin then costs no hand-over.
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
        """Whether a plugin's own thread waits for the next line."""
        return self._own is thread and not self._busy

    def ring(self):
        """Has the gateway say something, so that the thread that waits for the next line looks around."""
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
                # Set before the look at `_busy`, as the leader does it the other way round: one of the two notices.
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
