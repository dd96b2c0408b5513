"""Stand-ins for google-genai's declarations: fields by name or camelCase alias; unknown fields are rejected."""

from enum import Enum


class Type(str, Enum):
    TYPE_UNSPECIFIED = "TYPE_UNSPECIFIED"
    STRING = "STRING"
    NUMBER = "NUMBER"
    INTEGER = "INTEGER"
    BOOLEAN = "BOOLEAN"
    ARRAY = "ARRAY"
    OBJECT = "OBJECT"
    NULL = "NULL"

    @classmethod
    def _missing_(cls, value):
        return cls.__members__.get(str(value).upper())


class Behavior(str, Enum):
    UNSPECIFIED = "UNSPECIFIED"
    BLOCKING = "BLOCKING"
    NON_BLOCKING = "NON_BLOCKING"


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


class _Model:
    FIELDS = ()

    def __init__(self, **values):
        names = {alias: name for name in self.FIELDS for alias in (name, _camel(name))}
        for name in self.FIELDS:
            setattr(self, name, None)
        for key, value in values.items():
            if key not in names:
                raise ValueError(f"{type(self).__name__} has no field {key!r}")
            setattr(self, names[key], value)

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self):
        given = ", ".join(f"{key}={value!r}" for key, value in vars(self).items() if value is not None)
        return f"{type(self).__name__}({given})"

    def model_dump(self, mode="python", exclude_none=False, by_alias=False):
        return {
            _camel(key) if by_alias else key: _plain(value, mode, exclude_none, by_alias)
            for key, value in vars(self).items()
            if value is not None or not exclude_none
        }

    def to_json_dict(self):
        return self.model_dump(mode="json", exclude_none=True)


def _plain(value, mode, exclude_none, by_alias):
    if isinstance(value, _Model):
        return value.model_dump(mode, exclude_none, by_alias)
    if isinstance(value, dict):
        return {key: _plain(item, mode, exclude_none, by_alias) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, mode, exclude_none, by_alias) for item in value]
    return value.value if mode == "json" and isinstance(value, Enum) else value


class Schema(_Model):
    FIELDS = (
        "additional_properties", "any_of", "default", "defs", "description", "enum", "example", "format", "items", "max_items",
        "max_length", "max_properties", "maximum", "min_items", "min_length", "min_properties", "minimum", "nullable", "pattern",
        "properties", "property_ordering", "ref", "required", "title", "type",
    )  # fmt: skip


class FunctionDeclaration(_Model):
    FIELDS = ("name", "description", "parameters", "parameters_json_schema", "response", "response_json_schema", "behavior")

    def __init__(self, **values):
        super().__init__(**values)
        if self.parameters is not None and self.parameters_json_schema is not None:
            raise ValueError("parameters and parameters_json_schema are mutually exclusive")


class _Placeholder:
    """Used only in annotations."""

    def __init__(self, *args, **options):
        raise TypeError(f"google.genai.types.{type(self).__name__} is a stand-in; install google-genai for the real one")


class Content(_Placeholder):
    pass


class Part(_Placeholder):
    pass


class Tool(_Placeholder):
    pass


class FunctionCall(_Placeholder):
    pass
