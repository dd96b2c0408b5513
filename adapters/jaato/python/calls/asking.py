"""Connects plugins that ask a person with the person behind the call."""

from queue import Queue

from plugmux_bridge.encode import dumps, to_plain
from plugmux_bridge.errors import BridgeError, describe

from .talk import NOBODY, Talk, reason_of, talk_of


# Where a plugin of today tells its interface what it asks: it prints nothing then.
_HOOKS = {"set_clarification_hooks": "on_question_displayed", "set_selection_hooks": "on_requested"}
_MAX_SHOWN = 2000


class _Refused:
    """In place of an answer: there is none."""

    def __init__(self, reason):
        self.reason = reason


class _Answers(Queue):
    """The one queue that a plugin reads from; each call finds the answers to its own questions in it, and no others."""

    def __init__(self, talk):
        super().__init__()
        self._talk = talk

    def get(self, block=True, timeout=None):
        talk = self._talk()
        answer = talk.answers.get(block, timeout)
        if isinstance(answer, _Refused):
            raise talk.refuse(answer.reason)
        return answer

    def empty(self):
        return self._talk().answers.empty()

    def qsize(self):
        return self._talk().answers.qsize()


class _Channel:
    """The three things a plugin that asks is given: where to print, where answers come from, and how to say it waits."""

    def __init__(self, owner):
        self._owner = owner
        self._outside = Talk()
        self.input_queue = _Answers(self._talk)

    def _talk(self):
        call = self._owner.current_call()
        return self._outside if call is None else talk_of(call)

    def output(self, source, text, mode="write"):
        self._talk().printed.append(str(text))
        self._owner.context.log("info", f"{source}: {text}")

    def shown(self, tool, *details):
        """A question as an interface would show it; the last detail is its lines."""
        text = "\n".join(str(line) for line in details[-1]) if details and isinstance(details[-1], (list, tuple)) else ""
        if text and text not in self._talk().printed:
            self.output(tool, text)

    def prompt(self, waiting):
        """The plugin begins to wait for a line, or has stopped waiting."""
        talk = self._talk()
        if not waiting:
            talk.printed.clear()
            return
        call = self._owner.current_call()
        text = "\n".join(talk.printed).strip()
        talk.printed.clear()
        # An answer to a question that the plugin gave up on is none to this one.
        while not talk.answers.empty():
            talk.answers.get()
        if call is None or "form" not in call.can:
            self._owner.context.log("warn", "it waits for an answer, and nobody can be asked")
            raise talk.refuse(NOBODY)
        self._ask(call, talk, text or self._unsaid(call))

    # What is known of a question that the plugin does not put into words.
    def _unsaid(self, call):
        args = dumps(to_plain(call.args, []))
        name = call.tool.partition(":")[2]
        return f"{self._owner.context.id} asks for an answer.\n\n{name}: {args[:_MAX_SHOWN]}{'…' if len(args) > _MAX_SHOWN else ''}"

    # The plugin goes on to wait on its queue: the question runs beside it.
    def _ask(self, call, talk, text):
        from threading import Thread

        def ask():
            try:
                talk.answers.put(ask_text(call, text))
            except BridgeError as error:
                self._owner.context.log("warn", f"no answer: {describe(error)}")
                talk.answers.put(_Refused(describe(error)))

        Thread(target=ask, name="plugmux-ask", daemon=True).start()


def wire_channel(owner, contract, config):
    """Gives an interactive plugin its channel; without one it would wait for a terminal that is not there."""
    if not contract.has("supports_interactivity") or contract.name == "permission" or not contract.call("supports_interactivity"):
        return
    channel = _Channel(owner)
    callbacks = {"output_callback": channel.output, "input_queue": channel.input_queue, "prompt_callback": channel.prompt}
    try:
        contract.call("set_channel", "queue", callbacks)
    except Exception as error:  # noqa: BLE001 - foreign code
        owner.context.log("warn", f"it takes no queue channel: {describe(error)}")
    for member, hook in _HOOKS.items():
        try:
            contract.call(member, **{hook: channel.shown})
        except Exception as error:  # noqa: BLE001 - foreign code
            owner.context.log("info", f"it takes no {hook}: {describe(error)}")
    inner = getattr(contract.plugin, "_channel", None)
    set_callbacks = getattr(inner, "set_callbacks", None)
    if callable(set_callbacks):
        set_callbacks(**callbacks)
        owner.context.log("info", "its channel took the callbacks directly, beside the configuration")


def ask_text(call, message, choices=None):
    """One line from the person behind a call; raises BridgeError where none comes."""
    answer = {"type": "string", "title": "Answer"}
    if choices:
        answer["enum"] = list(choices)
    schema = {"type": "object", "properties": {"answer": answer}, "required": ["answer"]}
    reply = call.ask({"question": {"kind": "form", "message": message, "schema": schema}}).get("question") or {}
    if reply.get("action") != "accept":
        raise BridgeError("DENIED", reason_of(reply.get("action")))
    return str((reply.get("content") or {}).get("answer", ""))
