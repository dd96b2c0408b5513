"""The Python SDK 2.x."""

from calls import dump, main
from mcp import Client, StdioServerParameters


async def run(server, calls):
    target = server.get("url") or StdioServerParameters(command=server["command"], args=server["args"])
    async with Client(target) as client:
        tools = (await client.list_tools()).tools
        results = [dump(await client.call_tool(call["tool"], call["args"])) for call in calls]
        return client.protocol_version, client.instructions, [dump(tool) for tool in tools], results


main(run)
