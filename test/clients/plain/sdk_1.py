"""The Python SDK 1.x."""

from calls import answer_to, dump, main
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult


async def answer(_, params):
    return ElicitResult(**answer_to(params.message, params.requestedSchema))


def connect(server):
    if "url" in server:
        return streamable_http_client(server["url"])
    return stdio_client(StdioServerParameters(command=server["command"], args=server["args"]))


async def run(server, calls):
    async with connect(server) as (reader, writer, *_), ClientSession(reader, writer, elicitation_callback=answer) as session:
        started = await session.initialize()
        tools = (await session.list_tools()).tools
        results = [dump(await session.call_tool(call["tool"], call["args"])) for call in calls]
        return started.protocolVersion, started.instructions, [dump(tool) for tool in tools], results


main(run)
