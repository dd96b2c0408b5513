"""Newline-delimited JSON-RPC 2.0 with the gateway over two descriptors."""

import os
import re
import sys
from collections import deque
from itertools import count
from json import JSONDecoder, loads
from threading import Lock

from .encode import dumps
from .errors import BridgeError, from_wire

_PROTOCOL = 1
_BRIDGE_VERSION = 1
_CHUNK = 1 << 18
_LINE_LIMIT = 64 * 1024 * 1024
_ID = re.compile(rb'"id":(\d+)')
# Faster than `loads`, which also checks for byte order marks and surrounding blanks.
_scan = JSONDecoder().scan_once


class Channel:
    """One end of the channel. One thread at a time reads; any thread sends, without blocking on others."""

    def __init__(self, read_fd, write_fd, limit=_LINE_LIMIT):
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._limit = limit
        # At most the limit, so that a line within one chunk never exceeds it.
        self._chunk = min(_CHUNK, limit)
        self._lines = deque()
        self._rest = []
        self._held = 0
        self._skipping = False
        self._out = deque()
        self._writing = Lock()
        self._ids = count(1)
        self._pending = {}
        self._closed = False
        # Number of reads. Messages of one read were sent before any of them was answered.
        self.readings = 0

    @property
    def descriptors(self):
        return self._read_fd, self._write_fd

    def has_line(self):
        return bool(self._lines)

    def read_line(self):
        """Waits for the next line; None when the gateway has closed its end."""
        lines = self._lines
        while not lines:
            try:
                chunk = os.read(self._read_fd, self._chunk)
            except OSError:
                return None
            if not chunk:
                return None
            self.readings += 1
            self._split(chunk)
        return lines.popleft()

    def _split(self, chunk):
        end = chunk.rfind(b"\n")
        if end < 0:
            self._hold(chunk)
            return
        found = chunk[:end].split(b"\n")
        if self._skipping:
            del found[0]
            self._skipping = False
        elif self._rest:
            self._hold(found[0])
            if self._skipping:
                del found[0]
                self._skipping = False
            else:
                found[0] = b"".join(self._rest)
        self._rest = []
        self._held = 0
        self._lines.extend(found)
        if end + 1 < len(chunk):
            self._hold(chunk[end + 1 :])

    def _hold(self, part):
        if self._skipping:
            return
        self._rest.append(part)
        self._held += len(part)
        if self._held > self._limit:
            self._refuse(b"".join(self._rest)[:256])
            self._rest = []
            self._held = 0
            self._skipping = True

    # Drops the line, but answers its request with an error.
    def _refuse(self, start):
        number = _ID.search(start)
        if number:
            error = BridgeError("MESSAGE_TOO_LARGE", f"The request has more than {self._limit} bytes.")
            self.reply_error(int(number.group(1)), error)

    def send(self, line, hold=False):
        """Sends one line, or keeps it for the next flush."""
        self._out.append(line)
        if not hold:
            self.flush()

    def flush(self):
        # If another thread is writing, it also writes these lines; the loop catches lines that arrive just after its last check.
        while self._out and self._writing.acquire(False):
            try:
                self._write_all()
            finally:
                self._writing.release()

    def _write_all(self):
        out = self._out
        parts = []
        while out:
            parts.append(out.popleft())
        parts.append("")
        data = memoryview("\n".join(parts).encode())
        if self._closed:
            return
        try:
            while data:
                data = data[os.write(self._write_fd, data) :]
        except OSError:
            # The gateway has closed the channel; the reading thread notices it too and ends the process.
            self._closed = True

    def reply(self, number, result, hold=False):
        """Answers a request with a JSON text."""
        self._out.append(f'{{"jsonrpc":"2.0","id":{number},"result":{result}}}')
        if not hold:
            self.flush()

    def reply_error(self, number, error, hold=False):
        self.send(f'{{"jsonrpc":"2.0","id":{number},"error":{dumps(error.to_wire())}}}', hold)

    def notify(self, method, params):
        self.notify_json(method, dumps(params))

    def notify_json(self, method, params):
        """Sends a notification with serialised parameters."""
        self.send(f'{{"jsonrpc":"2.0","method":"{method}","params":{params}}}')

    def request(self, method, params, done):
        """Sends a request; the thread that reads the reply calls `done(result, error)`."""
        self.put(method, dumps(params), done)

    def put(self, method, params, done):
        """Like `request`, with serialised parameters."""
        number = next(self._ids)
        self._pending[number] = done
        self.send(f'{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{params}}}')

    def ask(self, method, params):
        """Like `put`, but waits for the reply; raises BridgeError for an error."""
        gate = Lock()
        gate.acquire()
        answer = []

        def done(result, error):
            answer.extend((result, error))
            gate.release()

        self.put(method, params, done)
        gate.acquire()
        if answer[1] is not None:
            raise answer[1]
        return answer[0]

    def settle(self, message):
        """Settles the request of a reply; drops a reply without a request."""
        done = self._pending.pop(message.get("id"), None)
        if done is None:
            return
        error = message.get("error")
        done(message.get("result"), from_wire(error) if isinstance(error, dict) else None)

    def fail_pending(self, error):
        """Fails all pending requests."""
        while self._pending:
            try:
                _, done = self._pending.popitem()
            except KeyError:
                return
            done(None, error)


def handshake_reply():
    """The reply to the handshake."""
    return {
        "protocol": _PROTOCOL,
        "runtime": "python",
        "bridge": _BRIDGE_VERSION,
        "version": sys.version.split()[0],
        "executable": sys.executable,
        "prefix": sys.prefix,
        "platform": sys.platform,
        "pid": os.getpid(),
    }


def parse(line):
    """Parses one line; None if it is not a message."""
    try:
        text = str(line, "utf-8")
        try:
            message, end = _scan(text, 0)
        except StopIteration:
            end = -1
        if end != len(text):
            message = loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
