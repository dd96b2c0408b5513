"""User commands, run by the executor of the same name."""

from plugmux_bridge.encode import to_plain
from plugmux_bridge.errors import BridgeError
from plugmux_bridge.loop import is_awaitable
from plugmux_bridge.results import value_result


class Command:
    """A declared command, given as an object, dict or tuple."""

    def __init__(self, given):
        fields = list(given) if isinstance(given, tuple) else []
        self.name = str(_field(given, "name", fields, 0))
        self.description = str(_field(given, "description", fields, 1) or "")
        self.shared = bool(_field(given, "share_with_model", fields, 2))
        parameters = _field(given, "parameters", fields, 3)
        # An empty list means the same as None: such commands get their words unparsed.
        self.parameters = [Parameter(parameter) for parameter in parameters or ()] or None
        self.broken = False

    def report(self):
        report = {"name": self.name, "description": self.description, "shared": self.shared, "broken": self.broken}
        if self.parameters is not None:
            report["parameters"] = [vars(parameter) for parameter in self.parameters]
        return report


class Parameter:
    def __init__(self, given):
        fields = list(given) if isinstance(given, tuple) else []
        self.name = str(_field(given, "name", fields, 0))
        self.description = str(_field(given, "description", fields, 1) or "")
        self.required = bool(_field(given, "required", fields, 2))
        self.capture_rest = bool(_field(given, "capture_rest", fields, 3))


def _field(given, name, fields, index):
    if isinstance(given, dict):
        return given.get(name)
    found = getattr(given, name, None)
    if found is not None and not callable(found):
        return found
    return fields[index] if index < len(fields) else None


def read_commands(contract, executors, problems):
    """Reads a plugin's commands. Those without an executor are reported and not offered."""
    commands = []
    for given in contract.listed("get_user_commands"):
        command = Command(given)
        if any(known.name == command.name for known in commands):
            problems.append({"subject": command.name, "message": f'The command "{command.name}" is declared twice; the first counts.'})
            continue
        command.broken = command.name not in executors and not contract.has("execute_user_command")
        if command.broken:
            message = f'The command "{command.name}" is declared, but has no executor.'
            problems.append({"subject": command.name, "message": message})
        commands.append(command)
    return commands


def to_arguments(command, text, generation):
    """Converts typed text to the executor's arguments."""
    words = text.split()
    if command.parameters is None:
        return {} if generation == "S" else {"args": words}
    args = {}
    for index, parameter in enumerate(command.parameters):
        if index >= len(words):
            break
        if parameter.capture_rest:
            args[parameter.name] = " ".join(words[index:])
            break
        args[parameter.name] = _word(words[index])
    return args


def _word(word):
    return int(word) if word.isascii() and word.isdigit() else word


class CommandSet:
    """The commands of one plugin object."""

    def __init__(self, owner, contract):
        self._owner = owner
        self._contract = contract

    def run(self, name, params, call, caller):
        """Runs a command with typed text, or with arguments by name."""
        command = self._owner.description.commands.get(name)
        if command is None or command.broken:
            raise BridgeError("INVALID_PARAMS", f'The plugin has no command "{name}".')
        args = self._arguments(command, params)
        executor = caller.executor(self._contract, name)
        if executor is None:
            executor = lambda given: self._contract.call("execute_user_command", name, given)  # noqa: E731
        value = caller.invoke(executor, name, args, call)
        return self._await(value, caller) if is_awaitable(value) else self._finish(value, caller)

    async def _await(self, value, caller):
        return self._finish(await value, caller)

    def _finish(self, value, caller):
        lines = _help_lines(value)
        if lines is not None:
            return value_result("\n".join(lines), meta={"display": True})
        return caller.finish(value)

    def _arguments(self, command, params):
        if "text" in params:
            return to_arguments(command, params["text"], self._contract.generation)
        # Named values are converted as if the user had typed them.
        named = params.get("named", {})
        if command.parameters is None:
            return to_arguments(command, named.get("args", ""), self._contract.generation)
        args = {}
        for parameter in command.parameters:
            value = named.get(parameter.name, "")
            # Many clients send an empty string for an omitted argument, which cannot be typed.
            if value != "":
                args[parameter.name] = value if parameter.capture_rest else _word(value)
        return args

    def complete(self, name, words):
        """Values for the last of the words, as `{value, description}`."""
        found = self._contract.call("get_command_completions", name, words) or []
        plain = []
        for item in found:
            value = item if isinstance(item, str) else getattr(item, "value", None)
            description = getattr(item, "description", "")
            if value is None and isinstance(item, tuple) and item:
                value, description = item[0], item[1] if len(item) > 1 else ""
            if value is not None:
                plain.append({"value": str(value), "description": str(description or "")})
        return to_plain(plain, [])


# Help for display only: a list of (text, style).
def _help_lines(value):
    if not any(cls.__name__ == "HelpLines" for cls in type(value).__mro__) or not hasattr(value, "lines"):
        return None
    return [str(line[0]) if isinstance(line, (tuple, list)) and line else str(line) for line in value.lines]
