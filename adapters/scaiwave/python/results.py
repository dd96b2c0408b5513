"""Converts tool results to the gateway's results."""

import re

from plugmux_bridge.encode import to_json
from plugmux_bridge.errors import describe
from plugmux_bridge.results import error_result, refuse_no_numbers, text_result

from .unavailable import NotConfigured, NotAvailable

_MARK = re.compile(r"^[\s*_#>-]*fallback suggestions[\s*_]*:", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s")


def to_result(value, warn):
    """Passes a text unchanged. An empty one becomes "(no result)"."""
    if value is None or value == "":
        return text_result("(no result)", {"empty": True})
    if not isinstance(value, str):
        warn(f"a tool returned {type(value).__name__} instead of a string; it is sent as JSON")
        value, notes = to_json(value)
        refuse_no_numbers(notes)
    text = str.__str__(value)
    return error_result(text) if ends_with_suggestions(text) else text_result(text)


def failed(tool, error):
    """Converts an exception to a result for the model: only its type, or the gateway's own message."""
    if isinstance(error, (NotAvailable, NotConfigured)):
        return error_result(describe(error))
    return error_result(f"{tool} failed: {type(error).__name__}")


def ends_with_suggestions(text):
    """Whether a text ends with fallback suggestions, the format's only sign of a failure."""
    lines = text.rstrip().splitlines()
    if not lines:
        return False
    start = len(lines)
    while start > 0 and lines[start - 1].strip():
        start -= 1
    last = lines[start:]
    if _MARK.match(last[-1]) or _MARK.match(last[0]):
        return True
    marked = [i for i, line in enumerate(last) if _MARK.match(line)]
    return bool(marked) and all(_ITEM.match(line) for line in last[marked[-1] + 1 :])
