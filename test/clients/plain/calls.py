"""What every plain client in Python does: it reads a server and calls from its argument and prints what came back."""

import asyncio
import json
import sys


def main(run):
    """`run(server, calls)` gives the revision and the instructions, as far as the client shows them, the tools, and a result a call."""
    task = json.loads(sys.argv[1])
    revision, instructions, tools, results = asyncio.run(run(task["server"], task["calls"]))
    print(json.dumps({"revision": revision, "instructions": instructions, "tools": tools, "results": results}))


def answer_to(message, schema):
    """What the person says to a question: yes to the calls that are marked so, taking what the form proposes."""
    if "yes-4711" not in message:
        return {"action": "decline"}
    fields = schema.get("properties", {})
    return {"action": "accept", "content": {name: field["default"] for name, field in fields.items()}}


def dump(value):
    """A model of the SDK in the words of the protocol."""
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)
