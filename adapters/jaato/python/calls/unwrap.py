"""Converts executor return values to gateway results."""

from plugmux_bridge.results import error_result, text_result, value_result

_STATUS_KEYS = ("result", "progress", "task_id", "stream_id", "returncode")


def to_result(value, error_prefix=False):
    """Converts a returned value to the gateway's result."""
    if type(value) is str and not error_prefix:
        return text_result(value)
    ok, payload, meta = unwrap(value)
    attachments = []
    if isinstance(payload, dict):
        payload, attachments = _attachments(payload)
    failed = ok is False or _is_failure(payload) or (error_prefix and isinstance(payload, str) and payload.startswith("Error:"))
    meta = {"jaato": meta} if meta else None
    if failed and isinstance(payload, dict) and list(payload) == ["error"] and isinstance(payload["error"], str):
        return error_result(payload["error"], meta)
    return value_result(payload, failed, attachments, meta)


def unwrap(value):
    """Returns `(ok, payload, metadata)`; `ok` is None if unknown."""
    if not isinstance(value, (str, dict, list, tuple)) and hasattr(value, "result") and hasattr(value, "metadata"):
        return None, value.result, value.metadata
    if isinstance(value, tuple) and len(value) == 2:
        first, second = value
        if isinstance(first, bool):
            return first, second, None
        if isinstance(second, dict):
            return None, first, second
    return None, value, None


# Most tools report failures as an `error` field. Status records also have one, next to these keys, and are not failures.
def _is_failure(payload):
    payload = payload if isinstance(payload, dict) else _fields(payload)
    if payload.get("success") is False or payload.get("ok") is False:
        return True
    error = payload.get("error")
    return isinstance(error, str) and error != "" and not any(key in payload for key in _STATUS_KEYS)


# Fields of a dataclass or model. None counts as absent.
def _fields(payload):
    kind = type(payload)
    names = getattr(kind, "__dataclass_fields__", None) or getattr(kind, "model_fields", None) or ()
    values = {name: getattr(payload, name, None) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _attachments(payload):
    if not any(isinstance(key, str) and key.startswith("_") for key in payload):
        return payload, []
    rest = {key: value for key, value in payload.items() if not (isinstance(key, str) and key.startswith("_"))}
    permission = payload.get("_permission")
    if isinstance(permission, dict) and permission.get("comment"):
        rest["permission_note"] = permission["comment"]
    if payload.get("_multimodal") is not True:
        return rest, []
    kind = payload.get("_multimodal_type", "image")
    if kind == "attachments":
        return rest, [block(*_parts(item)) for item in payload.get("_multimodal_attachments") or []]
    field, default = ("file_data", "application/octet-stream") if kind == "file" else ("image_data", "image/png")
    data = rest.pop(field, None)
    mime_type = rest.pop("mime_type", None) or default
    if data is None:
        return rest, []
    return rest, [block(data, mime_type, rest.get("display_name"), embed=kind == "file")]


# The item is a dict or an `Attachment` of the contract's types.
def _parts(item):
    read = item.get if isinstance(item, dict) else lambda name: getattr(item, name, None)
    return read("data"), read("mime_type"), read("display_name")


def block(data, mime_type, name=None, embed=False):
    """Converts binary data to a content block."""
    from base64 import b64encode

    mime_type = mime_type or "application/octet-stream"
    text = data if isinstance(data, str) else b64encode(bytes(data or b"")).decode()
    kind = mime_type.split("/")[0].lower()
    if kind in ("image", "audio") and not embed:
        return {"type": kind, "data": text, "mimeType": mime_type}
    from urllib.parse import quote

    uri = "attachment:///" + quote(str(name or "file"))
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "blob": text}}
