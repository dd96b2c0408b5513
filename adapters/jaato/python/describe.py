"""Describes what a plugin currently offers."""

import os

from plugmux_bridge.encode import dumps, to_plain
from plugmux_bridge.errors import describe

from .calls.commands import read_commands
from .schema import input_schema, member
from .settings import check_settings, secret_settings, settings_schema


class ToolEntry:
    """A declared tool."""

    def __init__(self, declaration):
        self.name = str(member(declaration, "name"))
        self.description = str(member(declaration, "description", ""))
        self.schema = input_schema(declaration)
        self.category = member(declaration, "category")
        self.discoverability = member(declaration, "discoverability")
        self.traits = sorted(str(trait) for trait in member(declaration, "traits", ()) or ())

    def report(self):
        report = {"name": self.name, "description": self.description, "input": self.schema}
        for key in ("category", "discoverability"):
            value = getattr(self, key)
            if value is not None:
                plain = to_plain(value, [])
                report[key] = plain if isinstance(plain, str) else dumps(plain)
        if self.traits:
            report["traits"] = self.traits
        return report


class Description:
    def __init__(self, tools, executors, fetch, commands, report):
        self.tools = tools
        self.executors = executors
        # Returns the current executors.
        self.fetch = fetch
        self.commands = commands
        self.report = report


def describe_plugin(owner):
    """Reads a plugin's tools, commands, texts and lists."""
    contract = owner.contract
    problems = []
    declared = _tools(contract, problems)
    executors = _executors(contract)
    if any(name not in executors for name in declared):
        # Some plugins fill their executor map only when their declarations are read.
        executors = _executors(contract)
    commands = read_commands(contract, executors, problems)
    tools = {}
    for name, tool in declared.items():
        if name in executors:
            tools[name] = tool
        else:
            problems.append({"subject": name, "code": "TOOL_REFUSED", "message": f'The tool "{name}" is declared but has no executor.'})
    declared_settings = settings_schema(contract.call("get_config_schema"), os.environ)
    problems += check_settings(declared_settings, owner.params.get("config") or {})
    names = {command.name for command in commands}
    hidden = sorted(str(name) for name in executors if name not in declared and name not in names)
    report = {
        "stage": "describe",
        "name": str(contract.name),
        "generation": contract.generation,
        "missing": contract.missing(),
        "notApplicable": contract.not_applicable(),
        "standins": list(owner.found.standins.served),
        "source": {key: value for key, value in owner.found.source.items() if value},
        "tools": [tool.report() for tool in tools.values()],
        "commands": [command.report() for command in commands],
        "instructions": _text(contract.call("get_system_instructions")),
        "autoApproved": sorted({str(name) for name in contract.listed("get_auto_approved_tools")}),
        "previews": contract.has("format_permission_request"),
        "hiddenExecutors": hidden,
        "secretSettings": secret_settings(declared_settings),
        "settings": declared_settings,
        "problems": problems,
    }
    tier = getattr(owner.found.module, "PLUGIN_TIER", None)
    if tier is not None:
        report["tier"] = str(tier)
    return Description(tools, executors, contract.find("get_executors"), {command.name: command for command in commands}, to_plain(report, []))


def _tools(contract, problems):
    member_name = "get_tool_schemas" if contract.generation != "S" else "get_function_declarations"
    tools = {}
    for declaration in contract.listed(member_name):
        try:
            name = member(declaration, "name")
            if not isinstance(name, str) or name == "":
                problems.append({"code": "TOOL_REFUSED", "message": "A declaration without a name is left out."})
            elif name in tools:
                problems.append({"subject": name, "code": "TOOL_REFUSED", "message": f'The tool "{name}" is declared twice; the first is used.'})
            else:
                tools[name] = ToolEntry(declaration)
        except Exception as error:  # noqa: BLE001 - foreign objects
            problems.append({"code": "TOOL_REFUSED", "message": f"A declaration cannot be read: {describe(error)}."})
    return tools


def _executors(contract):
    return dict(contract.call("get_executors") or {})


def _text(value):
    return value.strip() if isinstance(value, str) else ""
