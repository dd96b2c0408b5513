"""Saves, finds and deletes bookmarks."""

import json

from app.plugins.base import BasePlugin
from app.plugins.protocol import PluginContext, PluginManifest, ToolDefinition

from .shelf import Shelf

_URL = {"type": "string", "description": "Full URL, e.g. https://example.com/page", "minLength": 1}
_TAGS = {"type": "array", "items": {"type": "string"}, "description": "Tags, e.g. [\"recipes\"]; default: none"}


class Bookmarks(BasePlugin):
    @property
    def manifest(self) -> PluginManifest:
        return PluginManifest(
            id="plugmux.bookmarks",
            name="Bookmarks",
            version="1.0.0",
            description="Save, find and delete bookmarks.",
            injects_context=True,
            tools=[
                ToolDefinition(
                    name="find_bookmarks",
                    description="Search bookmarks by words in title, URL or tags; every word must match. Without words, lists all bookmarks, newest first.",
                    parameters={
                        "type": "object",
                        "properties": {
                            "words": {"type": "string", "description": "Search words, e.g. bread oven; all must match. Default: all bookmarks"},
                            "tag": {"type": "string", "description": "Only bookmarks with this tag, e.g. recipes; default: any tag"},
                        },
                    },
                    usage="[/find_bookmarks <words>]",
                ),
                ToolDefinition(
                    name="add_bookmark",
                    description="Save a URL as a bookmark with an optional title and tags. If the URL is already saved, its title and tags are replaced.",
                    parameters={
                        "type": "object",
                        "properties": {"url": _URL, "title": {"type": "string", "description": "Title to show, e.g. Sourdough guide; default: the URL"}, "tags": _TAGS},
                        "required": ["url"],
                    },
                    side_effects=True,
                ),
                ToolDefinition(
                    name="remove_bookmark",
                    description="Delete the bookmark of a URL. Find URLs with find_bookmarks.",
                    parameters={"type": "object", "properties": {"url": _URL}, "required": ["url"]},
                    side_effects=True,
                ),
            ],
        )

    async def get_system_context(self, ctx: PluginContext) -> str:
        marks = _shelf(ctx).all()
        tags = sorted({tag for mark in marks for tag in mark["tags"]})
        return f"{len(marks)} bookmarks are saved" + (f", under the tags {', '.join(tags)}." if tags else ".")

    async def execute_tool(self, tool_name: str, args: str, ctx: PluginContext) -> str:
        given, shelf = _arguments(args), _shelf(ctx)
        if tool_name == "find_bookmarks":
            found = shelf.find(given.get("words", ""), given.get("tag"))
            return "\n".join(f"- [{mark['title']}]({mark['url']}) {' '.join('#' + tag for tag in mark['tags'])}".rstrip() for mark in found)
        if tool_name == "add_bookmark":
            count = shelf.add(given["url"], given.get("title", ""), given.get("tags", []))
            return f"Saved {given['url']}; {count} bookmarks in total."
        if tool_name == "remove_bookmark":
            if shelf.remove(given["url"]):
                return f"Removed {given['url']}."
            return f"No bookmark has the URL {given['url']}.\nFallback suggestions: `find_bookmarks` to list all bookmarks."
        return ""


# Models send JSON; users who type a command send words.
def _arguments(args):
    try:
        given = json.loads(args)
    except ValueError:
        given = args
    return given if isinstance(given, dict) else {"words": str(given)}


def _shelf(ctx):
    return Shelf(getattr(ctx.settings, "bookmarks_file", "~/.bookmarks.json"))


BUILTIN_PLUGINS = [Bookmarks()]
