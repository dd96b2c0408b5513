"""What is said in the course of one call: to the person, by the person, and what nobody answered."""

import re
from queue import Queue

from plugmux_bridge.encode import dumps
from plugmux_bridge.results import error_result

NOBODY = "The plugin asked a question that nobody could answer: the client of this call cannot be asked. Nothing was chosen."
_DECLINED = "The person declined to answer a question of the plugin. Nothing was chosen."
_CANCELLED = "The person cancelled a question of the plugin. Nothing was chosen."
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_EMPTY = '{"content":['


def plain(text):
    """A text without the colours of a terminal."""
    return _COLOURS.sub("", str(text))


class Unanswered(BaseException):
    """
    Ends a call whose question got no answer. It passes `except Exception`: a plugin must not take it for an answer, and
    go on with a choice that nobody made.
    """


class Talk:
    """One call's own."""

    def __init__(self):
        # What the plugin has printed since its last question.
        self.printed = []
        self.answers = Queue()
        # What a command has said so far; None for calls that are no commands.
        self.said = None
        # Why a question got no answer.
        self.unanswered = None

    def refuse(self, reason):
        """A question of this call gets no answer."""
        self.unanswered = self.unanswered or reason
        return Unanswered(reason)

    def say(self, text, mode):
        """Takes a piece of a command's output: a new block, or more of the last one."""
        if mode != "append" and self.said and not self.said[-1].endswith("\n"):
            self.said.append("\n")
        self.said.append(text)


def talk_of(call):
    """What was said in a call so far."""
    if call.notes is None:
        call.notes = Talk()
    return call.notes


def reason_of(action):
    """Why a question that came back with this action has no answer."""
    return {"decline": _DECLINED, "cancel": _CANCELLED}.get(action, NOBODY)


def settle(call, result):
    """A result as it may be reported: with what was said before it, and as a failure where a question got no answer."""
    talk = call.notes
    if talk is None:
        return result
    if talk.unanswered is not None:
        return error_result(talk.unanswered)
    said = "".join(talk.said or ()).strip("\n")
    if not said:
        return result
    block = f'{{"type":"text","text":{dumps(said)}}}'
    # Many commands say everything this way, and return nothing.
    for nothing in ('{"type":"text","text":""}', '{"type":"text","text":"{\\"result\\":null}"}'):
        if result.startswith(f"{_EMPTY}{nothing}]"):
            return f"{_EMPTY}{block}]}}"
    more = "" if result.startswith(f"{_EMPTY}]") else ","
    return f"{_EMPTY}{block}{more}{result[len(_EMPTY):]}"
