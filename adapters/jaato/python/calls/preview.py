"""A plugin's preview of a call, for the approval question."""

import re

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def preview(contract, tool, args):
    """Returns the preview as one text, and whether the call would fail anyway; None if the plugin has none."""
    from copy import deepcopy

    info = contract.call("format_permission_request", tool, deepcopy(args), "console")
    if info is None:
        return None
    parts = [_text(info, "summary"), _text(info, "details")]
    shown = _field(info, "original_lines")
    if _field(info, "truncated"):
        parts.append(f"[cut; {shown} lines in all]" if shown else "[cut]")
    warnings = _text(info, "warnings")
    if warnings:
        parts.append(f"{_text(info, 'warning_level') or 'warning'}: {warnings}")
    return {"text": "\n\n".join(part for part in parts if part), "pointless": bool(_field(info, "pre_validation_error"))}


def _field(info, name):
    return info.get(name) if isinstance(info, dict) else getattr(info, name, None)


def _text(info, name):
    value = _field(info, name)
    return "" if value is None else _COLOURS.sub("", str(value)).strip()
