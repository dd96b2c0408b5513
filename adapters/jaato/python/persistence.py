"""State that a plugin restores in its next process."""

from plugmux_bridge.encode import dumps, to_plain
from plugmux_bridge.errors import describe

_MAX_SIZE = 1024 * 1024


class Persistence:
    """Saves and restores state through the gateway. Permission plugins are excluded: their grants end with the process."""

    def __init__(self, owner, contract):
        self._context = owner.context
        self._contract = contract
        alone = owner.params.get("instances") == "per-session" or owner.params.get("enforce")
        self._wanted = not alone and self._contract.has("get_persistence_state") and self._contract.has("restore_persistence_state")
        self._last = None

    def restore(self):
        """Restores the state of the previous process."""
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
        """Saves the state if it has changed."""
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
            self._context.log("warn", f"the state was not saved: {len(text)} characters exceed the limit of {_MAX_SIZE}")
            return
        self._last = text
        self._context.call_adapter("persist", {"state": state})
        self._context.log("debug", "the state was saved for the next process")
