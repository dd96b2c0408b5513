import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const tool = (name: string, properties: object = {}) => ({
  name,
  description: `The tool ${name}.`,
  parameters: { type: 'object', properties, required: Object.keys(properties) },
});
const text = { type: 'string' };
const number = { type: 'integer' };
const FUNCTIONS = [tool('echo', { text }), tool('wait', { ms: number }), tool('fail'), tool('log', { text, times: number }), tool('exit')];

const CODE = `
export const handlers = {
  echo: async ({ text }) => text,
  wait: ({ ms }) => new Promise((resolve) => setTimeout(() => resolve('waited'), ms)),
  fail: async () => { throw new Error('It failed as it should.'); },
  log: async ({ text, times }) => {
    for (let i = 1; i <= times; i++) console[i % 10 === 0 ? 'warn' : 'log'](text + ' ' + i);
    return 'logged';
  },
  exit: async () => process.exit(3),
};
`;

/** Writes a Talos plugin into a folder. `more` are further keys of its manifest, `code` replaces its code. */
export function writeGarden(folder: string, more: object = {}, code = CODE): void {
  mkdirSync(folder, { recursive: true });
  const manifest = { id: 'garden', name: 'Garden', description: 'A garden.', version: '1.0.0', functions: FUNCTIONS, ...more };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'index.ts'), code);
}

/** A client that calls tools of the garden. */
export async function connectClient(url: string, name = 'claude-code'): Promise<Client> {
  const client = new Client({ name, version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}
