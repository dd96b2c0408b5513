"""Runs Python plugins for the gateway. Standard library only, Python 3.10 and later."""
