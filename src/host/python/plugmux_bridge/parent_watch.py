"""Notices that the gateway is gone, where the end of the channel does not tell: somebody else may hold a copy of it."""

import os
import signal
import sys
from queue import Empty, SimpleQueue
from threading import Thread

_LOOK_AGAIN = 2.0
_PR_SET_PDEATHSIG = 1


def watch(leave, on_main):
    """
    Calls `leave` once the process that started this one has ended, or once what is returned here is called. A signal
    handler may do that: it interrupts the main thread anywhere, also where that holds the locks that leaving needs.
    """
    stop_requested = SimpleQueue()
    Thread(target=_watch, args=(os.getppid(), stop_requested, leave, on_main), name="plugmux-parent-watch", daemon=True).start()
    return lambda: stop_requested.put(True)


# The import is not left to the main thread, which has plugins to load; the wish is: the signal comes to the thread that
# uttered it, and no other thread would run the handler.
def _watch(parent, stop_requested, leave, on_main):
    # Outside of its own process namespace a parent has no number that could change.
    changes = parent > 1
    prctl = _find_prctl() if changes else None
    if prctl is not None:
        # Looked at once more after the wish was heard: it comes too late for a parent that had gone before.
        on_main(lambda: (prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0), stop_requested.put(False)))
    while not (changes and os.getppid() != parent):
        try:
            # The kernel wakes nobody where it gives the signal to another thread than the one that waits.
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
