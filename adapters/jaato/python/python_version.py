"""Reads the Python version that a plugin requires."""

import os
import re
import sys

_TESTS = {
    ">=": lambda here, wanted: here >= wanted,
    ">": lambda here, wanted: here > wanted,
    "<=": lambda here, wanted: here <= wanted,
    "<": lambda here, wanted: here < wanted,
    "~=": lambda here, wanted: here >= wanted and here[:1] == wanted[:1],
}
_CLAUSE = re.compile(r"^(>=|<=|~=|>|<)\s*(\d+(?:\.\d+)*)$")
_REQUIRED = re.compile(r"^\s*requires-python\s*=\s*[\"']([^\"'\n]+)[\"']", re.MULTILINE)
_HIGHEST = 4


def fits_python(wanted, here=None):
    """Whether a Python version satisfies a specifier. Unknown clauses are ignored."""
    here = here or sys.version_info[:3]
    for clause in wanted.split(","):
        found = _CLAUSE.match(clause.strip())
        if found is None:
            continue
        version = tuple(int(part) for part in found.group(2).split("."))
        if not _TESTS[found.group(1)](here[: len(version)], version):
            return False
    return True


def required_python(path):
    """Reads `requires-python` from the pyproject.toml around a file; None if there is none."""
    folder = os.path.dirname(os.path.abspath(path))
    for _ in range(_HIGHEST):
        try:
            with open(os.path.join(folder, "pyproject.toml"), encoding="utf-8") as file:
                found = _REQUIRED.search(file.read(1 << 20))
            return found.group(1) if found else None
        except (OSError, ValueError):
            folder = os.path.dirname(folder)
    return None
