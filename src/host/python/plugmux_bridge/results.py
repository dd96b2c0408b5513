"""Serialises tool results for the channel."""

from .encode import NO_NUMBER, dumps, to_json
from .errors import BridgeError


def text_result(text, meta=None):
    """A result with one text."""
    return f'{{"content":[{{"type":"text","text":{dumps(text)}}}]{_meta(meta)}}}'


def error_result(text, meta=None):
    """An error result that the model can act on."""
    return f'{{"content":[{{"type":"text","text":{dumps(text)}}}],"isError":true{_meta(meta)}}}'


def value_result(value, is_error=False, attachments=(), meta=None):
    """A dict as structured content and as JSON text; a string as text; other values as `{"result": ...}`."""
    if type(value) is str and not is_error and not attachments:
        return text_result(value, meta)
    if isinstance(value, str):
        blocks, structured, notes = [_text_block(str.__str__(value))] if value or not attachments else [], "", ()
    else:
        json, notes = to_json(value)
        refuse_no_numbers(notes)
        if not json.startswith("{"):
            json = f'{{"result":{json}}}'
        # An empty dict with attachments adds nothing.
        is_bare = json == "{}" and attachments
        blocks = [] if is_bare else [_text_block(json)]
        structured = "" if is_bare else f',"structured":{json}'
    if notes:
        meta = {**(meta or {}), "plugmux/notes": list(notes)}
    failed = ',"isError":true' if is_error else ""
    blocks += [dumps(block) for block in attachments]
    return f'{{"content":[{",".join(blocks)}]{structured}{failed}{_meta(meta)}}}'


def refuse_no_numbers(notes):
    """Raises RESULT_INVALID if `to_json` noted a number that JSON cannot represent."""
    if NO_NUMBER in notes:
        what = "The tool ran, but its result contains NaN, infinity or a number with more than 999 digits, which is not valid in JSON."
        raise BridgeError("RESULT_INVALID", what)


def _text_block(text):
    return f'{{"type":"text","text":{dumps(text)}}}'


def _meta(meta):
    if not meta:
        return ""
    return f',"meta":{to_json(meta)[0]}'
