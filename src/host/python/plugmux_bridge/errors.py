"""Errors with the gateway's codes."""

# Longest text of an error, log line or question, in characters.
MAX_TEXT_LENGTH = 16 * 1024


def cut(text):
    """Cuts a text to the limit of the gateway."""
    return text if len(text) <= MAX_TEXT_LENGTH else f"{text[: MAX_TEXT_LENGTH - 1]}…"


class BridgeError(Exception):
    """An error with a code of the gateway, a message and a fix."""

    def __init__(self, code, message, fix=None, field=None):
        super().__init__(message)
        self.field = field
        self.code = code
        self.message = message
        self.fix = fix

    def to_wire(self):
        data = {"code": self.code}
        if self.fix is not None:
            data["fix"] = cut(str(self.fix))
        if self.field is not None:
            data["field"] = self.field
        return {"code": -32000, "message": cut(str(self.message)), "data": data}


def from_wire(error):
    """Converts an error reply of the gateway."""
    data = error.get("data")
    code = data.get("code") if isinstance(data, dict) else None
    return BridgeError(code if isinstance(code, str) else "PLUGIN_FAILED", str(error.get("message", "")))


def describe(error):
    """The message of an exception, or its type's name if the message is empty. Never fails."""
    name = type(error).__name__
    try:
        text = str(error)
    except BaseException as inner:  # noqa: BLE001 - foreign code runs in here
        return f"{name} (its text cannot be read: {type(inner).__name__})"
    if not text:
        return name
    # The message of sys.exit(3) is only "3".
    return cut(text if isinstance(error, Exception) else f"{name}: {text}")


def describe_kind(error):
    """Like `describe`, with the type's name."""
    name, text = type(error).__name__, describe(error)
    return text if text.startswith(name) else f"{name}: {text}"


def to_bridge_error(error):
    return error if isinstance(error, BridgeError) else BridgeError("PLUGIN_FAILED", describe(error))


def trace(error):
    """The traceback, for the log only."""
    from traceback import format_exception

    try:
        return cut("".join(format_exception(type(error), error, error.__traceback__, limit=-40)).rstrip())
    except BaseException:  # noqa: BLE001 - foreign `__str__` and `__repr__` run in here
        return type(error).__name__
