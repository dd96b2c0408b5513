"""The Python SDK 2.x."""

from calls import answer_to, dump, main
from mcp import Client, StdioServerParameters
from mcp.types import ElicitResult


async def answer(_, params):
    return ElicitResult(**answer_to(params.message, params.requested_schema))


async def run(server, calls):
    target = server.get("url") or StdioServerParameters(command=server["command"], args=server["args"])
    async with Client(target, elicitation_callback=answer) as client:
        tools = (await client.list_tools()).tools
        results = [dump(await client.call_tool(call["tool"], call["args"])) for call in calls]
        return client.protocol_version, client.instructions, [dump(tool) for tool in tools], results


main(run)
