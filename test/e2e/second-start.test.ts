import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { callLine, HANDSHAKE, INITIALIZED, line, RawStdio } from '../support/raw-stdio.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];

/** The lists of a new gateway, as its client gets them; the gateway has ended afterwards. */
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

// A server whose tool name and initial silence are set by a file.
const PROGRAM = `
  const [name, ms] = require('node:fs').readFileSync(process.argv[1], 'utf8').split(' ');
  const say = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\\n');
  const answer = ({ id, method }) => {
    if (id === undefined) return;
    if (method === 'initialize') return say({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    if (method === 'tools/call') return say({ id, result: { content: [{ type: 'text', text: 'done' }] } });
    if (method === 'tools/list') return say({ id, result: { tools: [{ name, inputSchema: { type: 'object' } }] } });
    say({ id, error: { code: -32601, message: 'no' } });
  };
  const held = [];
  let ready = false;
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => (ready ? answer(JSON.parse(line)) : held.push(line)));
  setTimeout(() => { ready = true; for (const line of held) answer(JSON.parse(line)); }, Number(ms));`;

const server = (file: string) => ({ command: process.execPath, args: ['-e', PROGRAM, file] });

/** A gateway whose client has just received its first tool list. */
async function welcomed(file: string): Promise<{ client: RawStdio; tools(): Promise<string[]> }> {
  const client = new RawStdio(file);
  client.send(HANDSHAKE);
  await client.reply('hello');
  client.send(INITIALIZED);
  let asked = 0;
  const tools = async (): Promise<string[]> => {
    const id = `tools ${asked++}`;
    client.send(line(id, 'tools/list'));
    return ((await client.reply(id)).result as { tools: { name: string }[] }).tools.map(({ name }) => name);
  };
  return { client, tools };
}

/** One start until a tool is listed; its memory is kept. */
async function startUntil(file: string, tool: string): Promise<void> {
  const { client, tools } = await welcomed(file);
  await until(`${tool} is listed`, async () => (await tools()).includes(tool));
  client.process.stdin?.end();
  await new Promise((resolve) => client.process.once('exit', resolve));
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

  it('removes a plugin that fails now from the list, and answers calls with the cause', { tags: ['catalogue-remembered'] }, async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'part.mjs'), 'export const one = 1;');
    const code = { 'index.ts': "import { one } from '../../part.mjs'; export const handlers = { run: () => one };" };
    const plugins = { good: { path: writePlugin(join(dir, 'a'), 'good', { 'index.ts': 'export const handlers = { run: () => 1 };' }) } };
    const file = writeConfig(
      { plugins: { ...plugins, needy: { path: writePlugin(join(dir, 'b'), 'needy', code) } }, state: './state' },
      [],
      dir,
    );
    await startUntil(file, 'needy_run');
    rmSync(join(dir, 'part.mjs'));
    const { client, tools } = await welcomed(file);
    expect(await tools()).toEqual(['good_run', 'needy_run']);
    client.send(callLine('call', 'needy_run'));
    const { result } = await client.reply('call');
    expect([result?.isError, result?.content?.[0]?.text]).toEqual([true, expect.stringContaining('part.mjs')]);
    await until('the client is notified', () => client.messages.some(({ method }) => method === 'notifications/tools/list_changed'));
    expect(await tools()).toEqual(['good_run']);
    client.process.stdin?.end();
    await new Promise((resolve) => client.process.once('exit', resolve));
    // It was not listed at the start after that either; a client may still know it.
    const later = await welcomed(file);
    expect(await later.tools()).toEqual(['good_run']);
    later.client.send(callLine('known', 'needy_run') + callLine('never', 'needy_walk'));
    const known = (await later.client.reply('known')).result;
    expect(known).toMatchObject({ isError: true, _meta: { 'plugmux/error': { plugin: 'needy', tool: 'needy_run', outcome: 'NOT_SENT' } } });
    expect(known?.content?.[0]?.text).toContain('part.mjs');
    expect((await later.client.reply('never')).error?.message).toContain('Unknown tool');
  });

  it('does not reveal a lost tool to callers whose profile or rules hide it', { tags: ['catalogue-remembered'] }, async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'part.mjs'), 'export const one = 1;');
    const code = { 'index.ts': "import { one } from '../../part.mjs'; export const handlers = { run: () => one };" };
    const needy = { path: writePlugin(join(dir, 'b'), 'needy', code) };
    const good = { path: writePlugin(join(dir, 'a'), 'good', { 'index.ts': 'export const handlers = { run: () => 1 };' }) };
    await startUntil(writeConfig({ plugins: { good, needy }, state: './state' }, [], dir), 'needy_run');
    rmSync(join(dir, 'part.mjs'));
    const answer = async (plugin: object, profile: object): Promise<string | undefined> => {
      const plugins = { good, needy: { ...needy, ...plugin } };
      const { client } = await welcomed(writeConfig({ plugins, profiles: { default: profile }, state: './state' }, [], dir));
      client.send(callLine('call', 'needy_run'));
      const { result, error } = await client.reply('call');
      client.process.stdin?.end();
      await new Promise((resolve) => client.process.once('exit', resolve));
      return error?.message ?? result?.content?.[0]?.text;
    };
    const whole = { plugins: ['*'] };
    // The first of these starts finds that the plugin does not load.
    await answer({}, whole);
    expect(await answer({}, whole)).toContain('part.mjs');
    for (const [plugin, profile] of [
      [{}, { plugins: ['good'] }],
      [{}, { tools: ['good_*'] }],
      [{}, { approval: { 'needy/run': 'deny' } }],
      [{ approval: { run: 'deny' } }, whole],
      [{ enabled: false }, whole],
    ] as const)
      expect(await answer(plugin, profile)).toContain('Unknown tool');
  });

  it('reports a changed tool of a server, and hides tools that the file hides now', { tags: ['catalogue-remembered'] }, async () => {
    const dir = tempFolder();
    const [one, two] = [join(dir, 'one'), join(dir, 'two')];
    writeFileSync(one, 'old 0');
    writeFileSync(two, 'other 0');
    const mcpServers = { one: server(one), two: server(two) };
    await startUntil(writeConfig({ mcpServers, state: './state' }, [], dir), 'other');
    await startUntil(join(dir, 'mcp.json'), 'old');
    writeFileSync(one, 'new 500');
    const { client, tools } = await welcomed(
      writeConfig({ mcpServers, plugins: { two: { approval: { other: 'deny' } } }, state: './state' }, [], dir),
    );
    expect(await tools()).toEqual(['old']);
    await until('the client is notified', () => client.messages.some(({ method }) => method === 'notifications/tools/list_changed'));
    expect(await tools()).toEqual(['new']);
    client.send(callLine('gone', 'old') + callLine('hidden', 'other'));
    for (const id of ['gone', 'hidden']) expect((await client.reply(id)).error?.message).toContain('Unknown tool');
  });

  it('never reports a plugin as ready before it has opened', { tags: ['catalogue-remembered'] }, async () => {
    const dir = tempFolder();
    const one = join(dir, 'one');
    writeFileSync(one, 'old 0');
    const limits = { firstListMs: 3_000, startTimeoutMs: 3_000 };
    const file = writeConfig({ mcpServers: { one: server(one) }, limits, state: './state' }, [], dir);
    const listed = async () => (await run(['list', '--config', file])).stdout;
    await startUntil(file, 'old');
    expect(await listed()).toMatch(/^one {2}mcp.* ready\n {2}old/);
    writeFileSync(one, 'old 60000');
    expect(await listed()).toMatch(/^one {2}mcp.* opening.*\n {2}old/);
    const { code, stdout } = await run(['call', 'old', '--config', file]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/still starting/)]);
  });
});
