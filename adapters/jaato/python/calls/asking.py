"""Connects a plugin's questions with the user behind the call."""

from queue import Queue

from plugmux_bridge.encode import dumps, to_plain
from plugmux_bridge.errors import BridgeError, describe

from .talk import NOBODY, Talk, reason_of, talk_of


# Current plugins report questions through these hooks and print nothing.
_HOOKS = {"set_clarification_hooks": "on_question_displayed", "set_selection_hooks": "on_requested"}
_MAX_SHOWN = 2000


class _Refused:
    """Placeholder for an answer that will not come."""

    def __init__(self, reason):
        self.reason = reason


class _Answers(Queue):
    """The queue that a plugin reads from. Each call sees only the answers to its own questions."""

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
    """The callbacks of an interactive plugin: output, input queue and prompt state."""

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
        """Records a question as an interface would show it. The last detail holds its lines."""
        text = "\n".join(str(line) for line in details[-1]) if details and isinstance(details[-1], (list, tuple)) else ""
        if text and text not in self._talk().printed:
            self.output(tool, text)

    def prompt(self, waiting):
        """Called when the plugin starts or stops waiting for a line."""
        talk = self._talk()
        if not waiting:
            talk.printed.clear()
            return
        call = self._owner.current_call()
        text = "\n".join(talk.printed).strip()
        talk.printed.clear()
        # Drop answers to questions that the plugin has given up on.
        while not talk.answers.empty():
            talk.answers.get()
        if call is None or "form" not in call.can:
            self._owner.context.log("warn", "the plugin waits for an answer, but the client does not support elicitation")
            raise talk.refuse(NOBODY)
        self._ask(call, talk, text or self._unsaid(call))

    # Text for a question that the plugin did not print.
    def _unsaid(self, call):
        args = dumps(to_plain(call.args, []))
        name = call.tool.partition(":")[2]
        return f"{self._owner.context.id} asks for an answer.\n\n{name}: {args[:_MAX_SHOWN]}{'…' if len(args) > _MAX_SHOWN else ''}"

    # The plugin blocks on its queue, so the question runs in another thread.
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
    """Sets an interactive plugin's channel. Without one it would wait for a terminal."""
    if not contract.has("supports_interactivity") or contract.name == "permission" or not contract.call("supports_interactivity"):
        return
    channel = _Channel(owner)
    callbacks = {"output_callback": channel.output, "input_queue": channel.input_queue, "prompt_callback": channel.prompt}
    try:
        contract.call("set_channel", "queue", callbacks)
    except Exception as error:  # noqa: BLE001 - foreign code
        owner.context.log("warn", f"set_channel failed: {describe(error)}")
    for member, hook in _HOOKS.items():
        try:
            contract.call(member, **{hook: channel.shown})
        except Exception as error:  # noqa: BLE001 - foreign code
            owner.context.log("info", f"setting {hook} failed: {describe(error)}")
    inner = getattr(contract.plugin, "_channel", None)
    set_callbacks = getattr(inner, "set_callbacks", None)
    if callable(set_callbacks):
        set_callbacks(**callbacks)
        owner.context.log("info", "the callbacks were set directly on the plugin's channel")


def ask_text(call, message, choices=None):
    """Asks the user behind a call for one line. Raises BridgeError if there is no answer."""
    answer = {"type": "string", "title": "Answer"}
    if choices:
        answer["enum"] = list(choices)
    schema = {"type": "object", "properties": {"answer": answer}, "required": ["answer"]}
    reply = call.ask({"question": {"kind": "form", "message": message, "schema": schema}}).get("question") or {}
    if reply.get("action") != "accept":
        raise BridgeError("DENIED", reason_of(reply.get("action")))
    return str((reply.get("content") or {}).get("answer", ""))
