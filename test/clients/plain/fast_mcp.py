"""FastMCP's client."""

from calls import answer_to, dump, main
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult


async def answer(message, _type, params, _context):
    return ElicitResult(**answer_to(message, params.requested_schema))


async def run(server, calls):
    async with Client({"mcpServers": {"plugmux": server}}, elicitation_handler=answer) as client:
        tools = await client.list_tools()
        results = [result(await client.call_tool(call["tool"], call["args"], raise_on_error=False)) for call in calls]
        return client.protocol_version, client.instructions, [dump(tool) for tool in tools], results


def result(given):
    return {
        "content": [dump(block) for block in given.content],
        "structuredContent": given.structured_content,
        "isError": given.is_error,
        "_meta": given.meta,
    }


main(run)
