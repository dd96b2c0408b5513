"""From descriptors to a running bridge: signals, streams, and what a forked child must not keep."""

import os
import signal

from . import orphan, streams
from .bridge import Bridge
from .channel import Channel


def main(use_stdio=False):
    read_fd, write_fd = _take_standard_streams() if use_stdio else (3, 4)
    for descriptor in (read_fd, write_fd):
        os.set_inheritable(descriptor, False)
    channel = Channel(read_fd, write_fd)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _after_fork(channel))
    streams.install(channel.notify)
    bridge = Bridge(channel)
    # The terminal's Ctrl-C is for the gateway, which then ends us in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: bridge.leave(0))
    orphan.watch(lambda: bridge.leave(0), bridge.on_main)
    bridge.run()


# For wrappers through which further descriptors do not pass: the protocol moves off 0 and 1 before any plugin is there.
def _take_standard_streams():
    read_fd, write_fd = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return read_fd, write_fd


# A copy in a child would keep the gateway from seeing the end of this process.
def _after_fork(channel):
    streams.uninstall()
    for descriptor in channel.descriptors:
        try:
            os.close(descriptor)
        except OSError:
            pass
