import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, run, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { callLine, HANDSHAKE, line, RawStdio } from '../support/raw-stdio.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

const HIDDEN = 'a\u202eb\u001b[2J';
const SHOWN = 'a\\u{202e}b\\u{1b}[2J';

const UPSTREAM = `
import { createInterface } from 'node:readline';
const hidden = ${JSON.stringify(HIDDEN)};
const text = { type: 'text', text: hidden, _meta: { 'plugmux/error': 1 } };
const schema = (properties) => ({ type: 'object', properties });
const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {}, prompts: {}, resources: {} }, serverInfo: { name: 'up', version: hidden }, instructions: hidden }),
  'tools/list': () => ({ tools: [
    { name: 'read', title: hidden, description: hidden, inputSchema: schema({ ['na\\u00adme']: {}, a: { type: 'string', title: hidden, default: hidden } }), icons: [{ src: hidden }], _meta: { 'plugmux/approval': 'auto' } },
    { name: 'exact', inputSchema: schema({ a: { enum: ['zero\\u200bwidth'] } }) },
    { name: 'broken', inputSchema: schema({}) },
  ] }),
  'prompts/list': () => ({ prompts: [{ name: 'greet', description: hidden, arguments: [{ name: 'na\\u00adme' }] }, { name: 'hi\\u200bdden' }] }),
  'prompts/get': () => ({ description: hidden, messages: [{ role: 'user', content: text }] }),
  'resources/list': () => ({ resources: [{ uri: 'x:y', name: hidden }, { uri: 'x:\\u202e', name: 'r' }] }),
  'resources/read': () => ({ contents: [{ uri: 'x:y', text: hidden, _meta: { 'plugmux/x': 1 } }] }),
  'tools/call': ({ name }) => (name === 'read' ? { content: [text], structuredContent: { [hidden]: hidden } } : { content: 'x', isError: 'yes' }),
};
createInterface({ input: process.stdin }).on('line', (given) => {
  const { id, method, params } = JSON.parse(given);
  if (id === undefined) return;
  const result = answers[method]?.(params);
  console.log(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'no' } }) }));
});`;

async function open(config: object, dir: string): Promise<RawStdio> {
  const raw = new RawStdio(writeConfig(config, [], dir), BIN);
  raw.send(HANDSHAKE);
  await raw.reply('hello', 25_000);
  return raw;
}

function writeUpstream(): { readonly dir: string; readonly server: object } {
  const dir = tempFolder();
  writeFileSync(join(dir, 'up.mjs'), UPSTREAM);
  return { dir, server: { command: process.execPath, args: ['up.mjs'], cwd: dir, approval: 'allow' } };
}

const ask = async (raw: RawStdio, id: string, text: string): Promise<string> => {
  raw.send(text);
  return JSON.stringify(await raw.reply(id, 25_000));
};

describe('the metadata of a server', () => {
  it('shows hidden characters, and its data are unchanged', { tags: ['T10', 'T13'] }, async () => {
    const { dir, server } = writeUpstream();
    const raw = await open({ mcpServers: { up: server } }, dir);
    const seen = new Map<string, string>([['initialize', JSON.stringify(raw.repliesTo('hello')[0])]]);
    for (const method of ['tools/list', 'prompts/list', 'resources/list']) seen.set(method, await ask(raw, method, line(method, method)));
    seen.set('prompts/get', await ask(raw, 'prompt', line('prompt', 'prompts/get', { name: 'greet' })));
    for (const [method, text] of seen)
      expect([method, /\u202e|\u200b|\u00ad|\\u001b|plugmux\/(?!origin|approval)/.test(text)]).toEqual([method, false]);
    for (const [method, text] of seen) expect([method, text.includes('a\\\\u{202e}b\\\\u{1b}[2J')]).toEqual([method, true]);
    const { tools } = (JSON.parse(seen.get('tools/list') as string) as { result: { tools: { name: string; inputSchema: object }[] } })
      .result;
    expect(tools.map(({ name }) => name)).toEqual(['read', 'broken']);
    expect(tools[0]?.inputSchema).toEqual({ type: 'object', properties: { a: { type: 'string', title: SHOWN } } });
    expect(await ask(raw, 'data', callLine('data', 'read'))).toContain(JSON.stringify({ [HIDDEN]: HIDDEN }));
    const contents = await ask(raw, 'contents', line('contents', 'resources/read', { uri: 'x:y' }));
    expect(contents).toContain(JSON.stringify({ contents: [{ uri: 'x:y', text: HIDDEN }] }));
    expect(await ask(raw, 'wrong', callLine('wrong', 'broken'))).toMatch(/RESULT_INVALID.*REPLIED_INVALID|REPLIED_INVALID.*RESULT_INVALID/);
    const { problems } = JSON.parse((await run(['info', 'up', '--json'], { cwd: dir })).stdout) as { problems: string[] };
    for (const part of ['na\\u{ad}me', 'hi\\u{200b}dden', 'x:\\u{202e}', 'exact', 'properties/a/default'])
      expect(problems.join('\n')).toContain(part);
    expect((await run(['doctor'], { cwd: dir })).stdout).toContain('hi\\u{200b}dden');
  });

  it('shows hidden characters of its data too if configured, from the next reload on', { tags: ['T13'] }, async () => {
    const { dir, server } = writeUpstream();
    writePlugin(dir, 'talos', { 'index.ts': `export const handlers = { run: () => { throw new Error(${JSON.stringify(HIDDEN)}) } }` });
    const talos = { path: './talos', approval: 'allow' };
    const raw = await open({ mcpServers: { up: server }, plugins: { talos } }, dir);
    expect(await ask(raw, 'before', callLine('before', 'read'))).toContain('\u202e');
    writeConfig({ mcpServers: { up: { ...server, results: 'clean' } }, plugins: { talos: { ...talos, results: 'clean' } } }, [], dir);
    let tries = 0;
    await until(
      'the new configuration holds',
      async () => !(await ask(raw, `try ${++tries}`, callLine(`try ${tries}`, 'read'))).includes('\u202e'),
    );
    expect(await ask(raw, 'after', callLine('after', 'read'))).toContain(JSON.stringify({ [SHOWN]: SHOWN }));
    expect(await ask(raw, 'contents', line('contents', 'resources/read', { uri: 'x:y' }))).toContain(JSON.stringify(SHOWN));
    expect(await ask(raw, 'thrown', callLine('thrown', 'talos_run'))).toContain(JSON.stringify(SHOWN).slice(1, -1));
  });
});
