"""Serialises any value of a plugin as JSON and never fails."""

import re
from json import JSONEncoder

# Fast path in C for plain data; other values take the slow path.
_readable = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_escaped = JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
_HALF_PAIR = re.compile("[\ud800-\udfff]")
# The gateway's limit is 1,000 characters, and Python refuses to convert very long integers to text.
_MAX_LENGTH = 10**999
# Note for a number that JSON cannot represent.
NO_NUMBER = "no-number"
# The gateway accepts 64 levels, some of which the surrounding result needs.
_MAX_DEPTH = 60


def dumps(value):
    """Serialises plain data without escapes, except for lone surrogates, which UTF-8 cannot encode."""
    text = _readable(value)
    return text if text.isascii() or not _HALF_PAIR.search(text) else _escaped(value)



def to_json(value):
    """Serialises a value; returns the text, and notes on what was changed."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return dumps(value), ()
    if _is_plain(value, 0):
        try:
            return dumps(value), ()
        except (ValueError, TypeError, RecursionError):
            pass
    notes = []
    return dumps(to_plain(value, notes)), tuple(dict.fromkeys(notes))


# Whether JSONEncoder suffices: string keys, plain values, limited depth. It rejects non-finite numbers itself.
def _is_plain(value, depth):
    kind = type(value)
    if kind is str or kind is int or kind is float or kind is bool or value is None:
        return True
    if depth >= _MAX_DEPTH:
        return False
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                return False
            inner = type(item)
            if inner is str or inner is int or inner is float or inner is bool or item is None:
                continue
            if not _is_plain(item, depth + 1):
                return False
        return True
    if kind is list or kind is tuple:
        for item in value:
            inner = type(item)
            if inner is str or inner is int or inner is float or inner is bool or item is None:
                continue
            if not _is_plain(item, depth + 1):
                return False
        return True
    return False


def to_plain(value, notes, path=(), depth=0):
    """Converts a value to dicts, lists, strings, numbers, bools and None."""
    try:
        return _convert(value, notes, path, depth)
    except BaseException as error:  # noqa: BLE001 - foreign properties and conversions run in here
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            notes.append("unreadable")
            return "[unreadable]"
        notes.append("unreadable")
        return f"[unreadable: {type(error).__name__}]"


def _convert(value, notes, path, depth):
    if value is None or value is True or value is False:
        return value
    enum_value = _enum_value(value)
    if enum_value is not value:
        return to_plain(enum_value, notes, path, depth)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        number = int(value)
        if -_MAX_LENGTH < number < _MAX_LENGTH:
            return number
        notes.append(NO_NUMBER)
        return None
    if isinstance(value, float):
        number = float(value)
        if number - number == 0:
            return number
        notes.append(NO_NUMBER)
        return None
    if id(value) in path:
        return "[circular]"
    if depth >= _MAX_DEPTH:
        return "[too deep]"
    inside = (*path, id(value))
    if isinstance(value, dict):
        return {_key(key): to_plain(item, notes, inside, depth + 1) for key, item in list(value.items())}
    if isinstance(value, (list, tuple)):
        return [to_plain(item, notes, inside, depth + 1) for item in value]
    if isinstance(value, (set, frozenset)):
        return [to_plain(item, notes, inside, depth + 1) for item in _sorted(value)]
    return _convert_object(value, notes, inside, depth + 1)


def _convert_object(value, notes, path, depth):
    if not isinstance(value, type):
        dump = getattr(value, "model_dump", None)
        if callable(dump):
            return to_plain(dump(mode="json"), notes, path, depth)
        fields = getattr(type(value), "__dataclass_fields__", None)
        if fields is not None:
            names = [name for name, field in fields.items() if field._field_type.name == "_FIELD"]
            return {name: to_plain(getattr(value, name, None), notes, path, depth) for name in names}
    if isinstance(value, (bytes, bytearray, memoryview)):
        from base64 import b64encode

        return b64encode(bytes(value)).decode()
    isoformat = getattr(value, "isoformat", None)
    if type(value).__module__ == "datetime" and callable(isoformat):
        return isoformat()
    fspath = getattr(type(value), "__fspath__", None)
    if fspath is not None:
        return str(fspath(value))
    notes.append("stringified")
    return str(value)


def _enum_value(value):
    # Detects enums by two members of their type, to avoid importing `enum`.
    kind = type(value)
    if hasattr(kind, "__members__") and hasattr(kind, "_member_map_"):
        return value.value
    return value


def _key(key):
    if type(key) is str:
        return key
    inner = _enum_value(key)
    return inner if type(inner) is str else str(inner)


def _sorted(items):
    try:
        return sorted(items)
    except TypeError:
        return list(items)
