import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A server on stdio whose tools tell how it was started. */
export const SERVER = `
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
const tool = (name) => ({ name, description: name, inputSchema: { type: 'object' } });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const { protocolVersion } = params ?? {};
  if (method === 'initialize')
    return answer(id, { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'told', version: '1' } });
  if (method === 'tools/list') return answer(id, { tools: ['told', 'other'].map(tool) });
  if (method !== 'tools/call')
    return process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown' } }) + '\\n');
  const told = { pid: process.pid, cwd: process.cwd(), args: process.argv.slice(2), env: process.env };
  answer(id, { content: [{ type: 'text', text: JSON.stringify(told) }] });
});
`;

/** What a tool of the server tells. */
export interface Told {
  readonly pid: number;
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Writes a plugin folder: texts as they are, other values as JSON. Returns its path. */
export function writeFolder(dir: string, files: Readonly<Record<string, string | object>>): string {
  for (const [name, content] of Object.entries(files)) {
    const file = join(dir, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
  }
  return dir;
}
