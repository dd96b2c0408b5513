"""Tool results as the JSON texts that cross the channel."""

from .encode import NO_NUMBER, dumps, to_json
from .errors import BridgeError


def text_result(text, meta=None):
    """A text, unchanged."""
    return f'{{"content":[{{"type":"text","text":{dumps(text)}}}]{_meta(meta)}}}'


def error_result(text, meta=None):
    """A failure that the model can act on."""
    return f'{{"content":[{{"type":"text","text":{dumps(text)}}}],"isError":true{_meta(meta)}}}'


def value_result(value, is_error=False, attachments=(), meta=None):
    """Data: structured content and the same JSON as text; a text stays a text; other values stand under `result`."""
    if type(value) is str and not is_error and not attachments:
        return text_result(value, meta)
    if isinstance(value, str):
        blocks, structured, notes = [_text_block(str.__str__(value))] if value or not attachments else [], "", ()
    else:
        json, notes = to_json(value)
        refuse_no_numbers(notes)
        if not json.startswith("{"):
            json = f'{{"result":{json}}}'
        # Where all was in the attachments, nothing is left to say.
        is_bare = json == "{}" and attachments
        blocks = [] if is_bare else [_text_block(json)]
        structured = "" if is_bare else f',"structured":{json}'
    if notes:
        meta = {**(meta or {}), "plugmux/notes": list(notes)}
    failed = ',"isError":true' if is_error else ""
    blocks += [dumps(block) for block in attachments]
    return f'{{"content":[{",".join(blocks)}]{structured}{failed}{_meta(meta)}}}'


def refuse_no_numbers(notes):
    """Refuses a result of which `to_json` noted that a number in it cannot be written."""
    if NO_NUMBER in notes:
        what = "The tool ran, but its result holds NaN, infinity or a number of over 999 digits, which JSON cannot pass on."
        raise BridgeError("RESULT_INVALID", what)


def _text_block(text):
    return f'{{"type":"text","text":{dumps(text)}}}'


def _meta(meta):
    if not meta:
        return ""
    return f',"meta":{to_json(meta)[0]}'
