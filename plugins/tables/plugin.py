from jaato_sdk.plugins.base import CommandCompletion, CommandParameter, UserCommand
from jaato_sdk.plugins.model_provider.types import ToolSchema

from .database import Database, TablesError

INSTRUCTIONS = """\
The tables are the CSV and TSV files of one folder. Call tables_list first, then tables_describe for the columns, then
tables_query with one SELECT statement in SQLite's dialect. Put table and column names with spaces or dashes into double
quotes. A query returns at most 200 rows by default (max_rows): count and group in SQL instead of reading all rows."""

NAME = {"type": "string", "minLength": 1, "description": "Table name from tables_list, e.g. sales"}


class TablesPlugin:
    """Tools for the CSV files of a folder; the setting `root` replaces the workspace."""

    name = "tables"

    def __init__(self):
        self._database = None

    def initialize(self, config=None):
        config = config or {}
        root = config.get("root") or config.get("workspace_path") or "."
        self._database = Database(root, config.get("delimiter"))

    def shutdown(self):
        if self._database is not None:
            self._database.close()

    def reset_for_next_session(self):
        """No session state to reset."""

    def get_tool_schemas(self):
        return [
            ToolSchema("tables_list", "List the available tables (CSV and TSV files of the workspace) with file name and row count. Call this first.", {"type": "object", "properties": {}}, category="search"),
            ToolSchema(
                "tables_describe",
                "Show a table's columns and SQL types, its row count and its first 3 rows. Call this before writing a query.",
                {"type": "object", "properties": {"table": NAME}, "required": ["table"], "additionalProperties": False},
                category="search",
            ),
            ToolSchema(
                "tables_query",
                "Run one read-only SQL SELECT (SQLite dialect) over the tables. Returns columns and up to `max_rows` rows (default 200, at most 5,000); `more` is true if rows were cut. Aggregate in SQL instead of reading everything. Stops after 10 s.",
                {
                    "type": "object",
                    "properties": {
                        "sql": {"type": "string", "minLength": 1, "description": "One SELECT statement, e.g. SELECT city, sum(amount) FROM sales GROUP BY city"},
                        "max_rows": {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": 5000,
                            "default": 200,
                            "description": "Maximum number of rows to return, from 1 to 5000; default: 200",
                        },
                    },
                    "required": ["sql"],
                    "additionalProperties": False,
                },
                category="search",
            ),
        ]

    def get_executors(self):
        return {
            "tables_list": lambda args: self._try(lambda: {"tables": self._database.tables()}),
            "tables_describe": lambda args: self._try(lambda: self._database.describe(args["table"])),
            "tables_query": lambda args: self._try(lambda: self._database.query(args["sql"], args.get("max_rows", 200))),
            "table": self._show,
        }

    def _try(self, run):
        try:
            return run()
        except TablesError as error:
            return {"error": str(error), "hint": error.hint}

    def get_system_instructions(self):
        return INSTRUCTIONS

    def get_auto_approved_tools(self):
        # All of them only read files of one folder.
        return ["tables_list", "tables_describe", "tables_query", "table"]

    def get_user_commands(self):
        parameters = [CommandParameter("name", "Table name; default: list all tables"), CommandParameter("rows", "Number of rows")]
        return [UserCommand("table", "Add a table, or the list of tables, to the conversation", True, parameters)]

    def get_command_completions(self, command, args):
        if len(args) > 1:
            return []
        return [CommandCompletion(table["name"], f"{table['rows']} rows") for table in self._database.tables()]

    def _show(self, args):
        name = args.get("name")
        if not name:
            return self._try(lambda: {"tables": self._database.tables()})
        return self._try(lambda: self._database.first_rows(str(name), int(args.get("rows") or 20)))
