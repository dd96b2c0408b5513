"""Runs ScaiWave plugins inside a Python plugin process."""

from .python.loading import source_of
from .python.plugin import ScaiWavePlugin


def open(params, context):
    """Imports the source once for all its plugins and selects one."""
    source = source_of(params, context)
    return ScaiWavePlugin(params, context, source, source.pick(params.get("pick"), params.get("className")))
