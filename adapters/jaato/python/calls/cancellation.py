"""Tells executors of today's contract that nobody waits any more."""

import sys


class _Token:
    """Puts a token, and where output goes, where executors look for it: on the thread, in a module that their own host's code brought along."""

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
    """A context in which the call's token is found."""
    from ..standins.modules import CancelToken

    token = CancelToken()
    call.on_cancel(token.cancel)
    return _Token(runner, token, chunk)


_known = None
_seen = 0


def find_runner():
    """The module that plugins look into; None where none has brought it along. It is heavy, and never imported for this."""
    global _known, _seen
    if _known is None and len(sys.modules) != _seen:
        _seen = len(sys.modules)
        for name, module in list(sys.modules.items()):
            if name.endswith("ai_tool_runner") and hasattr(module, "_thread_local"):
                _known = module
    return _known
