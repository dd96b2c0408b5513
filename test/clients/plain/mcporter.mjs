// mcporter, used as a library.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { server, calls, library } = JSON.parse(process.argv[2]);
const { createRuntime } = await import(pathToFileURL(library));
writeFileSync('mcporter.json', JSON.stringify({ mcpServers: { plugmux: server }, imports: [] }));
const runtime = await createRuntime({ configPath: 'mcporter.json' });
const tools = await runtime.listTools('plugmux', { includeSchema: true });
const results = [];
for (const { tool, args } of calls) results.push(await runtime.callTool('plugmux', tool, { args }));
const instructions = await runtime.getInstructions('plugmux');
await runtime.close();
console.log(JSON.stringify({ instructions, tools, results }));
