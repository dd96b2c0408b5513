"""Values of one session: a context variable first, then the environment of the process."""

import os
from contextvars import ContextVar

_values = ContextVar("plugmux_session_env", default=None)


def get_session_env(key, default=None):
    values = _values.get()
    if values is not None and key in values:
        return values[key]
    return os.environ.get(key, default)


def set_session_env(values):
    _values.set(dict(values))


def clear_session_env():
    _values.set(None)
