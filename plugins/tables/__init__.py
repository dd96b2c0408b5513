"""Queries CSV files with SQL. Uses only the standard library."""

from .plugin import TablesPlugin

PLUGIN_KIND = "tool"


def create_plugin():
    return TablesPlugin()
