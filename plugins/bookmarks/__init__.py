"""Bookmarks for an assistant: kept, found and removed by talking."""

import json

from app.plugins.base import BasePlugin
from app.plugins.protocol import PluginContext, PluginManifest, ToolDefinition

from .shelf import Shelf

_URL = {"type": "string", "description": "The whole address, with https://", "minLength": 1}
_TAGS = {"type": "array", "items": {"type": "string"}, "description": "Words to find it by"}


class Bookmarks(BasePlugin):
    @property
    def manifest(self) -> PluginManifest:
        return PluginManifest(
            id="plugmux.bookmarks",
            name="Bookmarks",
            version="1.0.0",
            description="Keeps addresses with a title and tags.",
            injects_context=True,
            tools=[
                ToolDefinition(
                    name="find_bookmarks",
                    description="Finds kept addresses by words of their title, address or tags; all of them where no words are given.",
                    parameters={
                        "type": "object",
                        "properties": {
                            "words": {"type": "string", "description": "All of them must occur"},
                            "tag": {"type": "string", "description": "Only those with this tag"},
                        },
                    },
                    usage="[/find_bookmarks <words>]",
                ),
                ToolDefinition(
                    name="add_bookmark",
                    description="Keeps an address, or changes the title and tags of one that is kept already.",
                    parameters={
                        "type": "object",
                        "properties": {"url": _URL, "title": {"type": "string"}, "tags": _TAGS},
                        "required": ["url"],
                    },
                    side_effects=True,
                ),
                ToolDefinition(
                    name="remove_bookmark",
                    description="Removes a kept address.",
                    parameters={"type": "object", "properties": {"url": _URL}, "required": ["url"]},
                    side_effects=True,
                ),
            ],
        )

    async def get_system_context(self, ctx: PluginContext) -> str:
        marks = _shelf(ctx).all()
        tags = sorted({tag for mark in marks for tag in mark["tags"]})
        return f"{len(marks)} bookmarks are kept" + (f", under the tags {', '.join(tags)}." if tags else ".")

    async def execute_tool(self, tool_name: str, args: str, ctx: PluginContext) -> str:
        given, shelf = _arguments(args), _shelf(ctx)
        if tool_name == "find_bookmarks":
            found = shelf.find(given.get("words", ""), given.get("tag"))
            return "\n".join(f"- [{mark['title']}]({mark['url']}) {' '.join('#' + tag for tag in mark['tags'])}".rstrip() for mark in found)
        if tool_name == "add_bookmark":
            count = shelf.add(given["url"], given.get("title", ""), given.get("tags", []))
            return f"Kept {given['url']}; {count} bookmarks now."
        if tool_name == "remove_bookmark":
            if shelf.remove(given["url"]):
                return f"Removed {given['url']}."
            return f"There is no bookmark {given['url']}.\nFallback suggestions: `find_bookmarks` to see what is kept."
        return ""


# Assistants send JSON; people who type a command send words.
def _arguments(args):
    try:
        given = json.loads(args)
    except ValueError:
        given = args
    return given if isinstance(given, dict) else {"words": str(given)}


def _shelf(ctx):
    return Shelf(getattr(ctx.settings, "bookmarks_file", "~/.bookmarks.json"))


BUILTIN_PLUGINS = [Bookmarks()]
