"""Starts the bridge: descriptors, signals, streams, and cleanup in forked children."""

import os
import signal

from . import parent_watch, streams
from .bridge import Bridge
from .channel import Channel


def main(use_stdio=False):
    read_fd, write_fd = _take_standard_streams() if use_stdio else (3, 4)
    for descriptor in (read_fd, write_fd):
        os.set_inheritable(descriptor, False)
    channel = Channel(read_fd, write_fd)
    bridge = Bridge(channel)
    stop_requested = parent_watch.watch(lambda: bridge.leave(0), bridge.on_main)
    # Ctrl-C in the terminal is for the gateway, which then stops this process in order. A handler, not SIG_IGN, which
    # programs started by plugins would inherit.
    handlers = {signal.SIGINT: lambda *_: None, signal.SIGTERM: lambda *_: stop_requested()}
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _after_fork(channel, handlers))
    streams.install(channel.notify)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    bridge.run()


# For wrappers that do not pass further descriptors: moves the channel away from 0 and 1 before plugins are loaded.
def _take_standard_streams():
    read_fd, write_fd = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return read_fd, write_fd


# A forked child gets default signal handlers, and must not keep the channel open, which would hide the end of this process
# from the gateway.
def _after_fork(channel, handlers):
    streams.uninstall()
    for number, handler in handlers.items():
        if signal.getsignal(number) is handler:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for descriptor in channel.descriptors:
        try:
            os.close(descriptor)
        except OSError:
            pass
