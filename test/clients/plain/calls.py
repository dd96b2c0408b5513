"""Shared code of the plain Python clients: reads a server and calls from an argument and prints the results."""

import asyncio
import json
import sys


def main(run):
    """`run(server, calls)` returns the revision and the instructions, if the client exposes them, the tools, and one result per call."""
    task = json.loads(sys.argv[1])
    revision, instructions, tools, results = asyncio.run(run(task["server"], task["calls"]))
    print(json.dumps({"revision": revision, "instructions": instructions, "tools": tools, "results": results}))


def answer_to(message, schema):
    """The user's answer to a question: yes to marked calls, with the form's default values."""
    if "yes-4711" not in message:
        return {"action": "decline"}
    fields = schema.get("properties", {})
    return {"action": "accept", "content": {name: field["default"] for name, field in fields.items()}}


def dump(value):
    """Converts a model of the SDK to the JSON of the protocol."""
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)
