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
# `loads` looks at every text for what the gateway never sends: byte order marks, blanks around it.
_scan = JSONDecoder().scan_once


class Channel:
    """One end of the connection. One thread at a time reads; any thread sends, without ever waiting for another."""

    def __init__(self, read_fd, write_fd, limit=_LINE_LIMIT):
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._limit = limit
        # So that a whole line within one chunk is never over the limit.
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
        # How often something was read: what came with one reading was sent before any of it was answered.
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

    # The line is dropped, but whoever waits for its answer gets one.
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
        # Whoever finds another thread writing leaves its lines to it; the loop catches lines that came too late for that.
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
            # The gateway is gone; the reading side learns it too and ends the process.
            self._closed = True

    def reply(self, number, result, hold=False):
        """Answers a request with a JSON text."""
        self._out.append(f'{{"jsonrpc":"2.0","id":{number},"result":{result}}}')
        if not hold:
            self.flush()

    def reply_error(self, number, error, hold=False):
        self.send(f'{{"jsonrpc":"2.0","id":{number},"error":{dumps(error.to_wire())}}}', hold)

    def notify(self, method, params):
        self.tell(method, dumps(params))

    def tell(self, method, params):
        """A notification whose parameters are a JSON text."""
        self.send(f'{{"jsonrpc":"2.0","method":"{method}","params":{params}}}')

    def request(self, method, params, done):
        """Asks the gateway; `done(result, error)` is called by the thread that reads the answer."""
        self.put(method, dumps(params), done)

    def put(self, method, params, done):
        """The same with parameters that are a JSON text."""
        number = next(self._ids)
        self._pending[number] = done
        self.send(f'{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{params}}}')

    def ask(self, method, params):
        """The same, waiting for the answer to a question in JSON; raises BridgeError where there is none."""
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
        """Takes an answer of the gateway; one that nobody waits for is dropped."""
        done = self._pending.pop(message.get("id"), None)
        if done is None:
            return
        error = message.get("error")
        done(message.get("result"), from_wire(error) if isinstance(error, dict) else None)

    def fail_pending(self, error):
        """Ends every wait for an answer."""
        while self._pending:
            try:
                _, done = self._pending.popitem()
            except KeyError:
                return
            done(None, error)


def handshake_reply():
    """What the process reports about itself in the handshake."""
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
    """One line as a message; None where it is none."""
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
