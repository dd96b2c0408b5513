"""Notices that the gateway is gone, where the end of the channel does not tell: somebody else may hold a copy of it."""

import os
import signal
import sys
from threading import Thread
from time import sleep

_LOOK_AGAIN = 2.0
_PR_SET_PDEATHSIG = 1


def watch(orphaned, on_main):
    """Calls back, or has the process sent SIGTERM, once the process that started this one has ended."""
    parent = os.getppid()
    # Outside of its own process namespace a parent has no number that could change.
    if parent > 1:
        Thread(target=_watch, args=(parent, orphaned, on_main), name="plugmux-orphan", daemon=True).start()


# The import is not left to the main thread, which has plugins to load; the wish is: the signal comes to the thread that
# uttered it, and no other thread would run the handler.
def _watch(parent, orphaned, on_main):
    prctl = _find_prctl()
    heard = []
    if prctl is not None:
        on_main(lambda: heard.append(prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)))
    while True:
        told_by_kernel = heard == [0]
        # Looked at once more after the wish was heard: it comes too late for a parent that had gone before.
        if os.getppid() != parent:
            orphaned()
            return
        if told_by_kernel:
            return
        sleep(_LOOK_AGAIN)


def _find_prctl():
    if not sys.platform.startswith("linux"):
        return None
    try:
        from ctypes import CDLL

        return CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None
