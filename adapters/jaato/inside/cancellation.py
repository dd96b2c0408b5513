"""Tells executors of today's contract that nobody waits any more."""

import sys


class _NoToken:
    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


_nothing = _NoToken()


class _Token:
    """Puts a token where executors look for it: on the thread, in a module that their own host's code brought along."""

    def __init__(self, runner, token):
        self._runner = runner
        self._token = token

    def __enter__(self):
        self._runner._thread_local.cancel_token = self._token

    def __exit__(self, *_):
        self._runner._thread_local.cancel_token = None


def token_for(call):
    """A context in which the call's token is found; nothing where the plugin has no such module."""
    runner = _runner()
    if runner is None:
        return _nothing
    from .stand_ins import CancelToken

    token = CancelToken()
    call.on_cancel(token.cancel)
    return _Token(runner, token)


_known = None
_seen = 0


# It is never imported for this: it may not exist, and what it brings along is heavy.
def _runner():
    global _known, _seen
    if _known is None and len(sys.modules) != _seen:
        _seen = len(sys.modules)
        for name, module in list(sys.modules.items()):
            if name.endswith("ai_tool_runner") and hasattr(module, "_thread_local"):
                _known = module
    return _known
