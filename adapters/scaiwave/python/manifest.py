"""Reads a plugin's manifest once, as plain values."""

from plugmux_bridge.encode import to_plain

from .permissions import values_of


class Manifest:
    def __init__(self, given):
        self.id = str(given.id)
        self.name = str(getattr(given, "name", "") or self.id)
        if not self.id:
            raise ValueError("its id is empty")
        self.problems = []
        if "." not in self.id:
            self._note(self.id, f'The id "{self.id}" has no dot; the original expects <owner>.<name>.')
        self.version = str(getattr(given, "version", "") or "0.0.0")
        self.description = str(getattr(given, "description", "") or "")
        self.permissions = values_of(getattr(given, "permissions", None))
        self.injects_context = bool(getattr(given, "injects_context", False))
        scope = getattr(given, "scope", None)
        self.scope = None if scope is None else str(scope)
        self.tools = {}
        for tool in getattr(given, "tools", None) or ():
            self._add(tool)

    def _add(self, tool):
        name = str(getattr(tool, "name", "") or "")
        if not name:
            self._note(None, "A tool without a name is left out.")
        elif name in self.tools:
            self._note(name, f'The tool "{name}" is declared twice; the first is used.')
        else:
            required = values_of(getattr(tool, "permissions_required", None))
            undeclared = [value for value in required if value not in self.permissions]
            if undeclared:
                self._note(name, f'The tool "{name}" requires {", ".join(undeclared)}, which the manifest does not declare.')
            usage = getattr(tool, "usage", None)
            self.tools[name] = {
                "name": name,
                "description": str(getattr(tool, "description", "") or ""),
                "input": self._schema(name, getattr(tool, "parameters", None)),
                "usage": None if usage is None else str(usage),
                "permissions": required or self.permissions,
                "sideEffects": bool(getattr(tool, "side_effects", False)),
            }

    def _schema(self, name, parameters):
        if not isinstance(parameters, dict):
            self._note(name, f'The parameters of "{name}" are not a schema; the tool has no parameters.')
            return {"type": "object", "properties": {}}
        return to_schema(parameters)

    def note(self, message):
        """Adds a problem of the whole plugin, without duplicates."""
        message = message if message.endswith(".") else f"{message}."
        if {"message": message} not in self.problems:
            self._note(None, message)

    def _note(self, subject, message):
        self.problems.append({"message": message} if subject is None else {"subject": subject, "message": message})


class LeftOut:
    """Placeholder for a class that looked like a plugin but is skipped. It offers nothing and is not an error."""

    def __init__(self, name, reason):
        self.id = self.name = name
        self.version, self.description, self.scope = "0.0.0", "", None
        self.permissions, self.injects_context, self.tools = [], False, {}
        self.problems = [{"subject": name, "message": f"{name} is left out: {reason}."}]


def to_schema(parameters):
    """Returns an object schema, without the function-calling wrapper."""
    function = parameters.get("function")
    if parameters.get("type") == "function" and isinstance(function, dict):
        parameters = function.get("parameters") if isinstance(function.get("parameters"), dict) else {}
    schema = to_plain(parameters, [])
    schema.setdefault("type", "object")
    return schema
