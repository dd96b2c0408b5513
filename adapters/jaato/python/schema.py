"""Converts tool declarations of every generation to JSON Schema."""

from plugmux_bridge.encode import to_plain

_RENAMED = {
    "any_of": "anyOf",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_properties": "minProperties",
    "max_properties": "maxProperties",
    "additional_properties": "additionalProperties",
    "property_ordering": "propertyOrdering",
    "defs": "$defs",
    "ref": "$ref",
}
_TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}
# Keywords whose values are schemas.
_INNER = ("items", "additionalProperties")
_LISTS = ("anyOf", "oneOf", "allOf")
_EMPTY = {"type": "object", "properties": {}}


def member(declaration, name, default=None):
    """Reads a field of a declaration, an object or dict, in snake_case or camelCase."""
    camel = name.split("_")[0] + "".join(part.title() for part in name.split("_")[1:])
    for key in (name, camel):
        if isinstance(declaration, dict):
            if declaration.get(key) is not None:
                return declaration[key]
        elif getattr(declaration, key, None) is not None:
            return getattr(declaration, key)
    return default


def input_schema(declaration):
    """The JSON Schema of a tool's arguments."""
    given = member(declaration, "parameters_json_schema")
    if given is None:
        parameters = member(declaration, "parameters")
        if isinstance(parameters, dict) and not _is_gemini(parameters):
            given = parameters
        elif parameters is not None:
            given = convert(_fields(parameters))
    if not isinstance(given, dict) or not given:
        return dict(_EMPTY)
    plain = to_plain(given, [])
    return plain if "type" in plain else {"type": "object", **plain}


# Any nested part may use Gemini's spelling: the real declaration accepts types in either case, and objects as well as dicts.
def _is_gemini(schema):
    if not isinstance(schema, dict):
        return hasattr(schema, "model_dump")
    kind = schema.get("type")
    if (isinstance(kind, str) and kind in _TYPES) or hasattr(kind, "value") or schema.get("nullable") is not None:
        return True
    if any(key in schema for key in _RENAMED if key != "ref"):
        return True
    properties = schema.get("properties")
    inner = list(properties.values()) if isinstance(properties, dict) else []
    inner += [schema[key] for key in _INNER if key in schema]
    for key in _LISTS:
        inner += schema[key] if isinstance(schema.get(key), (list, tuple)) else []
    return any(_is_gemini(part) for part in inner)


def _fields(schema):
    if isinstance(schema, dict):
        return schema
    dump = getattr(schema, "model_dump", None)
    if callable(dump):
        return dump(mode="json", exclude_none=True)
    return {key: value for key, value in vars(schema).items() if value is not None}


def convert(schema):
    """Converts a Gemini schema, field by field."""
    if isinstance(schema, (bool, list)):
        return schema
    if not isinstance(schema, dict):
        schema = _fields(schema)
    fields = {_RENAMED.get(key, key): value for key, value in schema.items() if value is not None}
    kind = _type_name(fields.pop("type", None))
    nullable = fields.pop("nullable", False)
    result = {}
    if kind is not None:
        kinds = kind if isinstance(kind, list) else [kind]
        result["type"] = [*kinds, "null"] if nullable and "null" not in kinds else kind
    order = fields.pop("propertyOrdering", None)
    for key, value in fields.items():
        if key == "properties":
            result[key] = _ordered({name: convert(item) for name, item in value.items()}, order)
        elif key == "$defs":
            result[key] = {name: convert(item) for name, item in value.items()}
        elif key in _INNER:
            result[key] = convert(value)
        elif key in _LISTS:
            result[key] = [convert(item) for item in value]
        elif key == "$ref":
            result[key] = value.replace("#/defs/", "#/$defs/")
        elif key == "enum":
            result[key] = [_number(item, kind) for item in value]
        elif key == "example":
            result["examples"] = [value]
        else:
            result[key] = value
    if nullable and kind is None and "anyOf" in result:
        result["anyOf"].append({"type": "null"})
    if nullable and "enum" in result and None not in result["enum"]:
        result["enum"].append(None)
    return result


def _type_name(kind):
    kind = getattr(kind, "value", kind)
    if isinstance(kind, (list, tuple)):
        return [name for name in map(_type_name, kind) if name is not None]
    if not isinstance(kind, str) or kind.upper() == "TYPE_UNSPECIFIED":
        return None
    return kind.lower()


def _ordered(properties, order):
    if not order:
        return properties
    first = {name: properties[name] for name in order if name in properties}
    return {**first, **properties}


def _number(item, kind):
    if isinstance(item, str) and kind in ("integer", "number"):
        try:
            return int(item) if kind == "integer" else float(item)
        except ValueError:
            return item
    return item
