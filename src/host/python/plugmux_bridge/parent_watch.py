"""Detects that the gateway has ended even if the channel stays open because another process has a copy of it."""

import os
import signal
import sys
from queue import Empty, SimpleQueue
from threading import Thread

_LOOK_AGAIN = 2.0
_PR_SET_PDEATHSIG = 1


def watch(leave, on_main):
    """
    Calls `leave` once the parent process has ended, or once the returned function is called. Signal handlers use that
    function, since they may interrupt the main thread while it holds locks that `leave` needs.
    """
    stop_requested = SimpleQueue()
    Thread(target=_watch, args=(os.getppid(), stop_requested, leave, on_main), name="plugmux-parent-watch", daemon=True).start()
    return lambda: stop_requested.put(True)


# ctypes is imported here, not on the main thread, which loads plugins. prctl runs on the main thread, since the signal is
# delivered to the thread that called it and only the main thread runs handlers.
def _watch(parent, stop_requested, leave, on_main):
    # A parent outside of this PID namespace has pid 0, which never changes.
    changes = parent > 1
    prctl = _find_prctl() if changes else None
    if prctl is not None:
        # Checks the parent once more afterwards, since it may have ended before prctl.
        on_main(lambda: (prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0), stop_requested.put(False)))
    while not (changes and os.getppid() != parent):
        try:
            # A signal that is delivered to another thread does not wake this one.
            if stop_requested.get(timeout=_LOOK_AGAIN if changes else None):
                break
        except Empty:
            pass
    leave()


def _find_prctl():
    if not sys.platform.startswith("linux"):
        return None
    try:
        from ctypes import CDLL

        return CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None
