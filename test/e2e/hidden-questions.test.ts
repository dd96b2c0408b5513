import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, run, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { callLine, HANDSHAKE, RawStdio } from '../support/raw-stdio.ts';
import { tempFolder } from '../support/temp.ts';

const HIDDEN = 'a\u202eb\u001b[2J\u{e0041}';
const SHOWN = 'a\\u{202e}b\\u{1b}[2J\\u{e0041}';

// A server that asks the question its tool is called with, and returns the answer.
const SERVER = `
import { createInterface } from 'node:readline';
const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
const hidden = ${JSON.stringify(HIDDEN)};
const output = { type: 'object', title: hidden };
const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'up', version: '1' } }),
  'tools/list': () => ({ tools: [{ name: 'ask', inputSchema: { type: 'object' }, outputSchema: output }] }),
};
let asked;
createInterface({ input: process.stdin }).on('line', (text) => {
  const { id, method, params, result, error } = JSON.parse(text);
  if (method === undefined) return say({ id: asked, result: { content: [{ type: 'text', text: JSON.stringify(result ?? error) }], structuredContent: {} } });
  if (method !== 'tools/call') return id === undefined ? undefined : say({ id, result: answers[method]?.(params) ?? {} });
  asked = id;
  say({ id: 'q', method: params.arguments.method, params: params.arguments.params });
});`;

const form = (a: object) => ({
  method: 'elicitation/create',
  params: { message: HIDDEN, requestedSchema: { type: 'object', properties: { a } } },
});

describe('questions of a server', () => {
  it('show hidden characters of their texts, and are not asked if an exact value contains them', { tags: ['T10'] }, async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'up.mjs'), SERVER);
    const raw = new RawStdio(
      writeConfig({ mcpServers: { up: { command: process.execPath, args: ['up.mjs'], cwd: dir, approval: 'allow' } } }, [], dir),
      BIN,
    );
    raw.send(HANDSHAKE.replace('"capabilities":{}', '"capabilities":{"elicitation":{"form":{},"url":{}},"sampling":{}}'));
    await raw.reply('hello', 25_000);
    const ask = async (id: string, question: object): Promise<string[]> => {
      const from = raw.messages.length;
      raw.send(callLine(id, 'ask', question));
      await until('it asks or ends', () => raw.messages.slice(from).length > 0);
      const asked = raw.messages.slice(from).find(({ method }) => method !== undefined && !method.startsWith('notifications/'));
      if (asked)
        raw.send(`${JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: { action: 'decline', content: {}, role: 'assistant' } })}\n`);
      const reply = await raw.reply(id);
      return [JSON.stringify(asked ?? null), reply.result?.content?.[0]?.text ?? ''];
    };
    const text = JSON.stringify(SHOWN).slice(1, -1);
    const words = await ask(
      'form',
      form({ type: 'string', title: HIDDEN, description: HIDDEN, default: HIDDEN, enum: ['x'], enumNames: [HIDDEN] }),
    );
    expect(words[0]?.split(text)).toHaveLength(5);
    const sampling = { messages: [{ role: 'user', content: { type: 'text', text: HIDDEN } }], systemPrompt: HIDDEN, maxTokens: 5 };
    const model = await ask('sampling', { method: 'sampling/createMessage', params: sampling });
    expect(model[0]?.split(text)).toHaveLength(3);
    const url = { mode: 'url', message: HIDDEN, elicitationId: 'e' };
    const address = await ask('url', { method: 'elicitation/create', params: { ...url, url: 'https://x.test/' } });
    expect(address[0]?.split(text)).toHaveLength(2);
    const refused = [
      await ask('enum', form({ type: 'string', enum: [HIDDEN] })),
      await ask('address', { method: 'elicitation/create', params: { ...url, url: 'https://x.test/\u202egpj' } }),
    ];
    for (const [asked, told] of refused) expect([asked, told]).toEqual(['null', expect.stringContaining('contains invisible characters')]);
    for (const line of raw.lines) expect(line).not.toMatch(/\u202e|\\u001b|\u{e0041}/u);
  });

  it('are printed on a terminal as JSON with hidden characters escaped', { tags: ['T10'] }, async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'up.mjs'), SERVER.replace('content: [{', 'content: [{'));
    writeConfig({ mcpServers: { up: { command: process.execPath, args: ['up.mjs'], cwd: dir, approval: 'allow' } } }, [], dir);
    const { stdout } = await run(['info', 'up', 'ask', '--json'], { cwd: dir });
    expect(JSON.parse(stdout)).toMatchObject({ output: { title: SHOWN } });
    writeFileSync(join(dir, 'plugin.mjs'), '');
    const data = `createInterface({ input: process.stdin }).on('line', (text) => { const { id, method } = JSON.parse(text); if (method === 'tools/call') say({ id, result: { content: [{ type: 'text', text: hidden }] } }); });`;
    writeFileSync(
      join(dir, 'up.mjs'),
      `${SERVER.replace("  asked = id;\n  say({ id: 'q', method: params.arguments.method, params: params.arguments.params });\n", '')}\n${data}`,
    );
    const called = await run(['call', 'ask', '--json'], { cwd: dir });
    expect(called.stdout).not.toMatch(/\u202e|\u{e0041}/u);
    expect(JSON.parse(called.stdout)).toMatchObject({ content: [{ text: HIDDEN }] });
  });
});
