"""The objects of one plugin: one shared object, or one for each client session."""

from threading import Lock

from plugmux_bridge.errors import describe, trace

from .contract import Contract

_MAX_ENTRIES = 256


class Instances:
    def __init__(self, owner, contract):
        self._owner = owner
        self._first = contract
        self._per_session = owner.params.get("instances") == "per-session"
        self._lock = Lock()
        # Prevents two threads from creating an object for the same session.
        self._making = Lock()
        self._by_session = {}

    def of(self, call):
        """Returns the object that serves a call."""
        if not self._per_session:
            return self._first
        session = call.caller.get("session", "")
        contract = self._known(session)
        # Created on the plugin's own thread, or on this one while a description keeps that thread busy.
        return contract if contract is not None else self._owner.context.run_on_own_thread(lambda: self._make(session))

    def _known(self, session):
        with self._lock:
            contract = self._by_session.pop(session, None)
            # Insertion order is the order of use; the first is evicted.
            if contract is not None:
                self._by_session[session] = contract
            return contract

    def _make(self, session):
        with self._making:
            contract = self._known(session)
            if contract is not None:
                return contract
            contract = Contract(self._owner.found.factory())
            self._owner.prepare(contract)
            with self._lock:
                self._by_session[session] = contract
                oldest = self._by_session.pop(next(iter(self._by_session))) if len(self._by_session) > _MAX_ENTRIES else None
        if oldest is not None:
            self._shutdown(oldest)
        return contract

    def reset(self):
        """Resets the plugin for the next session."""
        self._first.call("reset_for_next_session")

    def close(self):
        for contract in [*self._by_session.values(), self._first]:
            self._shutdown(contract)
        self._by_session = {}

    def _shutdown(self, contract):
        try:
            contract.call("shutdown")
        except BaseException as error:  # noqa: BLE001 - foreign code
            self._owner.context.log("error", f"shutdown failed: {describe(error)}\n{trace(error)}")
