"""Runs jaato plugins inside a Python plugin process."""

from .python.loading import load
from .python.plugin import JaatoPlugin


def open(params, context):
    """Finds and imports one plugin. Its object is created on initialization."""
    return JaatoPlugin(params, context, load(params, context))
