"""From descriptors to a running bridge: signals, streams, and what a forked child must not keep."""

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
    # The terminal's Ctrl-C is for the gateway, which then ends us in order. It is not ignored: programs that a plugin
    # starts would be born with that.
    handlers = {signal.SIGINT: lambda *_: None, signal.SIGTERM: lambda *_: stop_requested()}
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _after_fork(channel, handlers))
    streams.install(channel.notify)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    bridge.run()


# For wrappers through which further descriptors do not pass: the protocol moves off 0 and 1 before any plugin is there.
def _take_standard_streams():
    read_fd, write_fd = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return read_fd, write_fd


# A child is the plugin's own: it dies of signals as it would at home, and a copy of the channel in it would keep the
# gateway from seeing the end of this process.
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
