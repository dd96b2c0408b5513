"""Attributes output to plugins. Output that bypasses `sys.stdout` and `sys.stderr` is still logged from the descriptor."""

import re
import sys
from contextvars import ContextVar
from threading import get_ident, local
from time import monotonic

_LINES_PER_SECOND = 200
_MAX_LENGTH = 16 * 1024
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_installed = []
# Ids of threads with an unfinished line.
_begun = set()

# Id of the plugin whose code is running.
current_plugin = ContextVar("plugmux_current_plugin", default=None)


class PluginStream:
    """Replaces a standard stream: lines of plugins go to the log under their ids, other output to the stream."""

    def __init__(self, stream, level, notify):
        self._stream = stream
        self._level = level
        self._notify = notify
        self._partial = local()
        self._second = 0
        self._lines = 0

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def __iter__(self):
        return iter(self._stream)

    def write(self, text):
        plugin = current_plugin.get()
        if plugin is None:
            return self._stream.write(text)
        held = getattr(self._partial, "text", "") + text
        *lines, rest = held.split("\n")
        if len(rest) > _MAX_LENGTH:
            lines.append(rest)
            rest = ""
        self._partial.text = rest
        if rest:
            _begun.add(get_ident())
        for line in lines:
            self._log(plugin, line)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def finish_line(self):
        """Logs an unfinished line at the end of a call."""
        text = getattr(self._partial, "text", "")
        if text:
            self._partial.text = ""
            self._log(current_plugin.get(), text)

    def _log(self, plugin, line):
        line = _COLOURS.sub("", line)
        if not line.strip():
            return
        second = int(monotonic())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        # Lines over the rate go to the descriptor, where the gateway counts what it drops.
        if self._lines > _LINES_PER_SECOND:
            self._stream.write(line + "\n")
        else:
            self._notify("log", {"id": plugin, "level": self._level, "text": line[:_MAX_LENGTH]})


def install(notify):
    for name, level in (("stdout", "info"), ("stderr", "warn")):
        stream = getattr(sys, name)
        if stream is not None:
            stream.reconfigure(errors="backslashreplace", line_buffering=True)
            tagged = PluginStream(stream, level, notify)
            _installed.append(tagged)
            setattr(sys, name, tagged)


def finish_lines():
    """Logs the unfinished lines of the current thread."""
    if not _begun:
        return
    _begun.discard(get_ident())
    for tagged in _installed:
        tagged.finish_line()


def uninstall():
    _installed.clear()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, PluginStream):
            setattr(sys, name, stream._stream)
