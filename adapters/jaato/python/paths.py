"""Paths outside the workspace that plugins have allowed or denied. Deny wins."""

import os


class PathStore:
    """The path rules of the registry, by real path."""

    def __init__(self):
        self._allowed = {}
        self._denied = {}

    def authorize_external_path(self, path, source_plugin, access="readwrite"):
        if access not in ("readonly", "readwrite"):
            raise ValueError(f"access is readonly or readwrite, not {access!r}")
        self._allowed[_real(path)] = (source_plugin, access)

    def authorize_external_paths(self, paths, source_plugin, access="readwrite"):
        for path in paths:
            self.authorize_external_path(path, source_plugin, access)

    def deauthorize_external_path(self, path, source_plugin=None):
        source, _ = self._allowed.get(_real(path), (None, None))
        if source is None or source_plugin not in (None, source):
            return False
        del self._allowed[_real(path)]
        return True

    def deny_external_path(self, path, source_plugin):
        self._denied[_real(path)] = source_plugin

    def deny_external_paths(self, paths, source_plugin):
        for path in paths:
            self.deny_external_path(path, source_plugin)

    def is_path_authorized(self, path, mode="read"):
        if self.is_path_denied(path):
            return False
        access = self.get_path_access_mode(path)
        return access is not None and (mode == "read" or access == "readwrite")

    def is_path_denied(self, path):
        return _above(path, self._denied) is not None

    def get_path_authorization_source(self, path):
        found = _above(path, self._allowed)
        return None if found is None else self._allowed[found][0]

    def get_path_access_mode(self, path):
        found = _above(path, self._allowed)
        return None if found is None else self._allowed[found][1]

    def get_path_denial_source(self, path):
        found = _above(path, self._denied)
        return None if found is None else self._denied[found]

    def clear_authorized_paths(self, source_plugin=None):
        return _clear(self._allowed, [path for path, (source, _) in self._allowed.items() if source_plugin in (None, source)])

    def clear_denied_paths(self, source_plugin=None):
        return _clear(self._denied, [path for path, source in self._denied.items() if source_plugin in (None, source)])

    def list_authorized_paths(self):
        """Allowed paths, with the plugin that allowed each."""
        return {path: source for path, (source, _) in self._allowed.items()}

    def list_authorized_paths_detailed(self):
        """Allowed paths, with their source and access: readonly or readwrite."""
        return {path: {"source": source, "access": access} for path, (source, access) in self._allowed.items()}

    def list_denied_paths(self):
        return dict(self._denied)


def _real(path):
    return os.path.realpath(os.path.expanduser(str(path)))


# The path itself or its nearest known parent folder.
def _above(path, known):
    path = _real(path)
    while path not in known:
        parent = os.path.dirname(path)
        if parent == path:
            return None
        path = parent
    return path


def _clear(known, paths):
    for path in paths:
        del known[path]
    return len(paths)
