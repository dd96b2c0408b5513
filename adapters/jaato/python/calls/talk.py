"""The texts, answers and unanswered questions of one call."""

import re
from queue import Queue

from plugmux_bridge.encode import dumps
from plugmux_bridge.results import error_result

NOBODY = "The plugin asked a question, but this client does not support elicitation. Nothing was chosen."
_DECLINED = "The user declined to answer the plugin's question. Nothing was chosen."
_CANCELLED = "The user cancelled the plugin's question. Nothing was chosen."
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_EMPTY = '{"content":['


def plain(text):
    """Removes ANSI escape codes from a text."""
    return _COLOURS.sub("", str(text))


class Unanswered(BaseException):
    """Ends a call whose question got no answer. It is not an Exception, so that `except Exception` in the plugin does not treat
    it as an answer and continue with a choice that no user made."""


class Talk:
    """The questions and output of one call."""

    def __init__(self):
        # Text printed since the last question.
        self.printed = []
        self.answers = Queue()
        # Output of a command so far; None for other calls.
        self.said = None
        # Why a question got no answer.
        self.unanswered = None

    def refuse(self, reason):
        """Records that a question gets no answer. Returns the exception to raise."""
        self.unanswered = self.unanswered or reason
        return Unanswered(reason)

    def say(self, text, mode):
        """Adds a piece of a command's output: a new block, or more of the last one."""
        if mode != "append" and self.said and not self.said[-1].endswith("\n"):
            self.said.append("\n")
        self.said.append(text)


def talk_of(call):
    """Returns the Talk of a call."""
    if call.notes is None:
        call.notes = Talk()
    return call.notes


def reason_of(action):
    """Why a question with this action has no answer."""
    return {"decline": _DECLINED, "cancel": _CANCELLED}.get(action, NOBODY)


def settle(call, result):
    """Returns the final result: prefixed with the output, or a failure if a question got no answer."""
    talk = call.notes
    if talk is None:
        return result
    if talk.unanswered is not None:
        return error_result(talk.unanswered)
    said = "".join(talk.said or ()).strip("\n")
    if not said:
        return result
    block = f'{{"type":"text","text":{dumps(said)}}}'
    # Many commands only print and return nothing.
    for nothing in ('{"type":"text","text":""}', '{"type":"text","text":"{\\"result\\":null}"}'):
        if result.startswith(f"{_EMPTY}{nothing}]"):
            return f"{_EMPTY}{block}]}}"
    more = "" if result.startswith(f"{_EMPTY}]") else ","
    return f"{_EMPTY}{block}{more}{result[len(_EMPTY):]}"
