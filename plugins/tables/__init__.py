"""Asks CSV files questions in SQL. Needs nothing but Python."""

from .plugin import TablesPlugin

PLUGIN_KIND = "tool"


def create_plugin():
    return TablesPlugin()
