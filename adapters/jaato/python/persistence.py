"""What a plugin wants to find again in its next process."""

from plugmux_bridge.encode import dumps, to_plain
from plugmux_bridge.errors import describe

_MAX_SIZE = 1024 * 1024


class Persistence:
    """Kept by the adapter, in the gateway. A guard keeps nothing: what a person allowed it ends with its process."""

    def __init__(self, owner, contract):
        self._context = owner.context
        self._contract = contract
        alone = owner.params.get("instances") == "per-session" or owner.params.get("enforce")
        self._wanted = not alone and self._contract.has("get_persistence_state") and self._contract.has("restore_persistence_state")
        self._last = None

    def restore(self):
        """Hands over what the process before this one left behind."""
        if not self._wanted:
            return
        state = self._context.call_adapter("restore", {})
        if not isinstance(state, dict):
            return
        self._last = dumps(state)
        try:
            self._contract.call("restore_persistence_state", state)
        except Exception as error:  # noqa: BLE001 - foreign code
            self._context.log("warn", f"restore_persistence_state failed: {describe(error)}")

    def save(self):
        """Asks for the state, and has it kept where it has changed."""
        if not self._wanted:
            return
        try:
            state = to_plain(self._contract.call("get_persistence_state"), [])
        except Exception as error:  # noqa: BLE001 - foreign code
            self._context.log("warn", f"get_persistence_state failed: {describe(error)}")
            return
        text = dumps(state)
        if not isinstance(state, dict) or text == self._last:
            return
        if len(text) > _MAX_SIZE:
            self._context.log("warn", f"its state has {len(text)} characters and is not kept; the most is {_MAX_SIZE}")
            return
        self._last = text
        self._context.call_adapter("persist", {"state": state})
        self._context.log("debug", "its state is kept for its next process")
