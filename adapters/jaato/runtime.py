"""Runs jaato plugins inside a Python plugin process."""

from .inside.loading import load
from .inside.plugin import JaatoPlugin


def open(params, context):
    """Finds, imports and makes one plugin, and checks what it is; nothing of it is initialised yet."""
    made = load(params, context)
    return JaatoPlugin(params, context, made)
