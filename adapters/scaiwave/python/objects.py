"""The objects of one plugin: one shared object, or one for each client session."""

_MAX_ENTRIES = 256


class Objects:
    def __init__(self, first, per_session):
        self._first = first
        self._per_session = per_session
        self._by_session = {}

    def of(self, caller):
        """Returns the object of a caller; the first one for callers without a session."""
        session = caller.get("session")
        if not self._per_session or session is None:
            return self._first
        found = self._by_session.pop(session, None)
        if found is None:
            found = type(self._first)()
        # Insertion order is the order of use; the first is evicted.
        self._by_session[session] = found
        if len(self._by_session) > _MAX_ENTRIES:
            del self._by_session[next(iter(self._by_session))]
        return found
