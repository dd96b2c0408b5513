"""Tools that a plugin makes up at run time."""

from plugmux_bridge.encode import dumps

from .manifest import to_schema


def read_dynamic(definitions, static, warn):
    """Function definitions, wrapped or flat, as tools by name. A declared tool is never replaced."""
    tools = {}
    for item in definitions or ():
        function = item.get("function") if isinstance(item, dict) and item.get("type") == "function" else item
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str) or not name:
            warn("a dynamic tool without a name is left out")
            continue
        if name in static or name in tools:
            warn(f'the dynamic tool "{name}" has the name of another one and is left out')
            continue
        description = function.get("description")
        if not isinstance(description, str):
            warn(f'the dynamic tool "{name}" has no description')
            description = ""
        parameters = function.get("parameters")
        schema = to_schema(parameters) if isinstance(parameters, dict) else {"type": "object", "properties": {}}
        tools[name] = {"name": name, "description": description, "input": schema}
    return tools


def fingerprint(tools):
    return dumps(sorted(tools.items()))
