"""Checks a plugin's settings against its declaration: a JSON Schema or a list of settings."""

from difflib import get_close_matches

from .schema import member

# Settings that the host adds for every plugin.
_HOST = ("workspace_path", "config_root", "session_id", "agent_name")
_TYPES = {"int": "integer", "integer": "integer", "float": "number", "number": "number", "str": "string", "string": "string", "bool": "boolean", "boolean": "boolean", "dict": "object", "object": "object", "list": "array", "array": "array", "tuple": "array", "none": "null", "null": "null"}  # fmt: skip
_KINDS = {
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}
_MAX_DEPTH = 8


def settings_schema(declared, environment):
    """Converts a plugin's declaration of its settings to a JSON Schema; empty if it cannot be read."""
    if isinstance(declared, dict):
        return declared
    if not isinstance(declared, (list, tuple)):
        return {}
    properties, required = {}, []
    for item in declared:
        name = member(item, "name")
        if not isinstance(name, str) or not name:
            continue
        kinds = _kinds_of(member(item, "type"))
        choices = member(item, "choices")
        description = member(item, "description")
        default = member(item, "default")
        properties[name] = {
            **({"description": description} if isinstance(description, str) and description else {}),
            **({} if default is None else {"default": default}),
            **({"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}),
            **({"enum": list(choices)} if isinstance(choices, (list, tuple)) and choices else {}),
        }
        # An environment variable can replace a setting.
        if member(item, "required") is True and not environment.get(str(member(item, "env_var", ""))):
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}


# "int", "list[str]", "int | None", "Optional[str]"; None where any part is unknown.
def _kinds_of(text):
    text = str(text or "").strip()
    if text.startswith("Optional[") and text.endswith("]"):
        text = f"{text[9:-1]} | None"
    kinds = [_TYPES.get(part.strip().split("[")[0].lower()) for part in _parts(text)]
    return None if None in kinds else kinds


def _parts(text):
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def check_settings(schema, config):
    """Returns invalid settings as problems. The plugin loads anyway."""
    problems = []
    _check_object(schema, config, "", problems, _HOST)
    return problems


def secret_settings(schema):
    """The settings that are marked secret."""
    properties = schema.get("properties")
    declared = properties.items() if isinstance(properties, dict) else []
    return sorted(str(key) for key, value in declared if isinstance(value, dict) and _is_secret(value))


# JSON Schema has two ways to mark a secret, and settings forms have their own.
def _is_secret(declared):
    marked = any(declared.get(mark) is True for mark in ("writeOnly", "secret", "sensitive", "x-secret", "x-sensitive"))
    return marked or declared.get("format") == "password"


def _check_object(schema, values, path, problems, known=(), depth=0):
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    for key in required if isinstance(required, list) else []:
        if key not in values:
            message = f'The plugin requires the setting "{path}{key}", which is not set.'
            _report(problems, f"{path}{key}", message, f'Add "{path}{key}" to its settings.')
    for key, value in values.items():
        if key in properties:
            if isinstance(properties[key], dict):
                _check_value(properties[key], value, f"{path}{key}", problems, depth)
        elif properties and key not in known and not schema.get("additionalProperties") and not schema.get("patternProperties"):
            near = get_close_matches(str(key), [str(name) for name in properties], 1)
            hint = f' Did you mean "{path}{near[0]}"?' if near else f" It has: {', '.join(map(str, properties))}."
            _report(problems, f"{path}{key}", f'The plugin has no setting "{path}{key}".{hint}', f'Correct "{path}{key}" in its settings.')


def _check_value(schema, value, path, problems, depth):
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    fix = f'Correct "{path}" in its settings.'
    if all(kind in _KINDS for kind in kinds) and not any(_KINDS[kind](value) for kind in kinds):
        is_a = next((kind for kind, test in _KINDS.items() if test(value)), type(value).__name__)
        _report(problems, path, f'The setting "{path}" must be of type {" or ".join(kinds)}, but is of type {is_a}.', fix)
        return
    choices = schema.get("enum")
    if isinstance(choices, list) and choices and value not in choices:
        found = "is not one of" if _is_secret(schema) else f"is {str(value)[:80]!r}, which is not one of"
        near = get_close_matches(str(value), [str(choice) for choice in choices], 1)
        _report(problems, path, f'The setting "{path}" {found}: {", ".join(map(str, choices))}.' + (f' Did you mean "{near[0]}"?' if near else ""), fix)
    elif depth >= _MAX_DEPTH:
        return
    elif isinstance(value, dict):
        _check_object(schema, value, f"{path}.", problems, depth=depth + 1)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            _check_value(schema["items"], item, f"{path}[{index}]", problems, depth + 1)


def _report(problems, subject, message, fix):
    problems.append({"subject": subject, "code": "CONFIG_INVALID", "message": message, "fix": fix})
