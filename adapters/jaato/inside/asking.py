"""Connects plugins that ask a person with the person behind the call."""

from queue import Queue

from plugmux_bridge.errors import BridgeError, describe

from .calling import current_call


class _Channel:
    """The three things a plugin that asks is given: where to print, where answers come from, and how to say it waits."""

    def __init__(self, owner):
        self._owner = owner
        self.input_queue = Queue()
        self._printed = []

    def output(self, source, text, mode="write"):
        self._printed.append(str(text))
        self._owner.context.log("info", f"{source}: {text}")

    def prompt(self, waiting):
        """The plugin begins to wait for a line, or has stopped waiting."""
        if not waiting:
            self._printed.clear()
            return
        call = current_call.get()
        text = "\n".join(self._printed).strip()
        self._printed.clear()
        if call is None or "form" not in call.can:
            self._owner.context.log("warn", "it waits for an answer, and nobody can be asked")
            self.input_queue.put("")
            return
        self._ask(call, text or f"{self._owner.context.id} asks for an answer.")

    # The plugin goes on to wait on its queue: the question runs beside it.
    def _ask(self, call, text):
        from threading import Thread

        def ask():
            try:
                self.input_queue.put(ask_text(call, text))
            except BridgeError as error:
                self._owner.context.log("warn", f"no answer: {describe(error)}")
                self.input_queue.put("")

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
        raise BridgeError("DENIED", "The person declined to answer.")
    return str((reply.get("content") or {}).get("answer", ""))
