// Connects a real client to the gateway at an address and uses a tool.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const client = new Client({ name: 'first-use', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));
const { tools } = await client.listTools();
const result = await client.callTool({ name: 'agenda_list', arguments: {} });
await client.close();
if (tools.length < 10 || result.isError) throw new Error(`unexpected: ${tools.length} tools, ${JSON.stringify(result)}`);
