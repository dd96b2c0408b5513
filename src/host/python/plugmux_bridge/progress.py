"""Limits the progress reports of one call, like core/progress.ts, so that a flood does not slow down the channel."""

from threading import Lock, Timer
from time import monotonic

_BURST = 20
_PER_SECOND = 20
_MERGED = 4096


class Bucket:
    """
    A burst of 20 reports, then 20 per second. Excess reports are merged into one with the newest numbers and the joined
    messages; above 4 KB the oldest are dropped. `flush` sends it before the result.
    """

    def __init__(self, send):
        self._send = send
        self._lock = Lock()
        self._tokens = _BURST
        self._filled = monotonic()
        self._held = None
        self._messages = []
        self._timer = None

    def report(self, done, total, message):
        with self._lock:
            if self._held is not None or not self._take():
                self._hold(done, total, message)
                return
        self._send(done, total, message)

    def flush(self):
        """Sends the merged report, if any."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            held, self._held = self._held, None
            messages, self._messages = self._messages, []
        if held is not None:
            self._send(*held, "\n".join(messages) if messages else None)

    def _take(self):
        now = monotonic()
        self._tokens = min(_BURST, self._tokens + (now - self._filled) * _PER_SECOND)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _hold(self, done, total, message):
        self._held = (done, total)
        if message is not None:
            self._messages.append(message if len(message) * 4 < _MERGED else message[: _MERGED // 4])
            size = sum(len(text.encode("utf-8", "replace")) + 1 for text in self._messages)
            while size > _MERGED:
                size -= len(self._messages.pop(0).encode("utf-8", "replace")) + 1
        if self._timer is None:
            self._timer = Timer((1 - self._tokens) / _PER_SECOND, self._ripe)
            self._timer.daemon = True
            self._timer.start()

    def _ripe(self):
        with self._lock:
            self._take()
        self.flush()
