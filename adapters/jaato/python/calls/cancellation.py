"""Signals cancellation to executors of the current contract."""

import sys


class _Token:
    """Sets a cancel token and output callback in the thread-local object where executors of the original host look for them."""

    def __init__(self, runner, token, chunk):
        self._local = runner._thread_local
        self._token = token
        self._chunk = chunk

    def __enter__(self):
        self._local.cancel_token = self._token
        self._local.tool_output_callback = self._chunk

    def __exit__(self, *_):
        self._local.cancel_token = None
        self._local.tool_output_callback = None


def token_for(runner, call, chunk):
    """Returns a context manager that sets the call's token."""
    from ..standins.modules import CancelToken

    token = CancelToken()
    call.on_cancel(token.cancel)
    return _Token(runner, token, chunk)


_known = None
_seen = 0


def find_runner():
    """Returns the original host's runner module, or None. It is heavy, so it is never imported here."""
    global _known, _seen
    if _known is None and len(sys.modules) != _seen:
        _seen = len(sys.modules)
        for name, module in list(sys.modules.items()):
            if name.endswith("ai_tool_runner") and hasattr(module, "_thread_local"):
                _known = module
    return _known
