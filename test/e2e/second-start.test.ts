import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { HANDSHAKE, INITIALIZED, line, RawStdio } from '../support/raw-stdio.ts';
import { tempFolder } from '../support/temp.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];

/** The lists of a new gateway, as its client gets them; the gateway has ended then. */
async function listsOf(file: string, isWhole: (tools: string) => boolean): Promise<string[]> {
  const client = new RawStdio(file);
  client.send(HANDSHAKE);
  await client.reply('hello');
  client.send(INITIALIZED);
  const ask = async (id: string, method: string): Promise<string> => {
    client.send(line(id, method));
    return JSON.stringify((await client.reply(id)).result);
  };
  let asked = 0;
  await until('all are listed', async () => isWhole(await ask(`look ${asked++}`, 'tools/list')));
  const lists = [];
  for (const method of LISTS) lists.push(await ask(method, method));
  client.process.stdin?.end();
  await new Promise((resolve) => client.process.once('exit', resolve));
  return lists;
}

describe('a second start', () => {
  it('lists the same bytes as the first one', { tags: ['lists-identical'] }, async () => {
    const dir = tempFolder();
    const everything = { command: process.execPath, args: [join(FIXTURES, 'mcp/typed/server.mjs')] };
    const plugins = { echo: { path: join(FIXTURES, 'talos/echo') } };
    const file = writeConfig({ plugins, mcpServers: { everything }, state: './state' }, ['plain'], dir);
    const isWhole = (tools: string) => ['"cancelled"', 'echo_echo', 'describe'].every((name) => tools.includes(name));
    const first = await listsOf(file, isWhole);
    expect(await listsOf(file, isWhole)).toEqual(first);
  });
});
