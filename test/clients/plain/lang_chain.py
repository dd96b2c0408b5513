"""LangChain's adapter."""

from calls import answer_to, main
from langchain_mcp_adapters.callbacks import Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from mcp.types import ElicitResult


async def answer(_, params, _context):
    return ElicitResult(**answer_to(params.message, params.requestedSchema))


async def run(server, calls):
    kind = "streamable_http" if "url" in server else "stdio"
    entry = {key: value for key, value in server.items() if key != "type"}
    client = MultiServerMCPClient({"plugmux": {**entry, "transport": kind}}, callbacks=Callbacks(on_elicitation=answer))
    async with client.session("plugmux") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        results = []
        for call in calls:
            request = {"type": "tool_call", "id": "1", "name": call["tool"], "args": call["args"]}
            results.append(result(await tools[call["tool"]].ainvoke(request)))
        shown = [{"name": name, "inputSchema": tool.args_schema, "metadata": tool.metadata} for name, tool in tools.items()]
        return None, None, shown, results


def result(message):
    """Converts a message for a model to the JSON of the protocol."""
    blocks = [{"text": message.content}] if isinstance(message.content, str) else message.content
    return {
        "content": [{**block, "mimeType": block.get("mime_type")} for block in blocks],
        "structuredContent": (message.artifact or {}).get("structured_content"),
        "isError": message.status == "error",
    }


main(run)
