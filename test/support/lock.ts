import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestClient } from './clients.ts';
import { BIN, run } from './gateway.ts';
import { tempFolder } from './temp.ts';

const SERVER = fileURLToPath(new URL('../fixtures/listing-server.mjs', import.meta.url));

/** What the server of a test offers. `lateMs`: how long its start takes. */
export interface Listing {
  readonly tools?: readonly object[];
  readonly prompts?: readonly object[];
  readonly instructions?: string;
  readonly lateMs?: number;
}

/** A tool of a listing. */
export const tool = (name: string, description = `The tool ${name}`, more: object = {}) => ({
  name,
  description,
  inputSchema: { type: 'object' },
  ...more,
});

/** A configuration with one stdio server, "up", that offers a listing which tests replace. */
export function withServer(listing: Listing, dir = tempFolder(), more: object = {}) {
  const config = join(dir, 'mcp.json');
  const file = join(dir, 'listing.json');
  const offer = (next: Listing): void => {
    writeFileSync(`${file}.new`, JSON.stringify(next));
    renameSync(`${file}.new`, file);
  };
  offer(listing);
  writeFileSync(config, JSON.stringify({ mcpServers: { up: { command: process.execPath, args: [SERVER, file] } }, ...more }));
  return { dir, config, offer, lockFile: lockOf(config), plugmux: (...args: string[]) => run([...args, '--config', config], { bin: BIN }) };
}

/** The lock file of a configuration. */
export const lockOf = (config: string): string => join(dirname(config), 'plugmux.lock.json');

/** The text of a lock file as data. */
export const readLockOf = (config: string) =>
  JSON.parse(readFileSync(lockOf(config), 'utf8')) as {
    version: number;
    plugins: Record<string, { tools?: Record<string, { name: string; description: string }>; prompts?: object }>;
  };

/** The error code of a call, undefined if it succeeded. */
export async function codeOf(client: TestClient, name: string, args: object = {}): Promise<string | undefined> {
  return ((await client.call(name, args))._meta?.['plugmux/error'] as { code: string } | undefined)?.code;
}
