import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, serve, writeConfig } from '../support/gateway.ts';
import { callLine, HANDSHAKE, line, RawStdio } from '../support/raw-stdio.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

// A raw server that records what it receives, and replies with lone surrogates.
const UPSTREAM = `
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const half = 'up \\ud83d';
const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {}, prompts: {} }, serverInfo: { name: half, version: half }, instructions: half }),
  'tools/list': () => ({ tools: [{ name: 'up', title: half, description: half, inputSchema: { type: 'object', properties: { [half]: { title: half } } }, _meta: { 'x/y': half } }] }),
  'prompts/list': () => ({ prompts: [{ name: 'greet', description: half }] }),
  'prompts/get': () => ({ description: half, messages: [{ role: 'user', content: { type: 'text', text: half } }] }),
  'tools/call': () => ({ content: [{ type: 'text', text: half }], structuredContent: { [half]: half }, _meta: { 'x/y': half } }),
};
createInterface({ input: process.stdin }).on('line', (text) => {
  appendFileSync('seen.jsonl', text + '\\n');
  const { id, method, params } = JSON.parse(text);
  if (id === undefined) return;
  if (method === 'tools/call') console.log(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: params._meta?.progressToken, progress: 1, message: half } }));
  const result = answers[method]?.(params);
  console.log(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: half } }) }));
});`;

const HANDLERS = `export const handlers = {
  echo: (args) => ({ seen: JSON.stringify(args), cut: 'ab\\u{1f44d}'.slice(0, 3), ['\\udc4d']: 1 }),
  fail: () => { throw new Error('broken \\ud83d') },
}`;

const PYTHON = `
class Half:
    name = "half"
    def initialize(self, config=None): pass
    def shutdown(self): pass
    def get_function_declarations(self):
        return [{"name": "half", "description": "bad \\ud83d", "parameters": {"type": "object", "properties": {"text": {"type": "string"}}}}]
    def get_executors(self): return {"half": lambda args: {"seen": ascii(args.get("text")), "k\\udc00": "cut \\ud83d"}}
    def get_system_instructions(self): return "instructions \\ud800"
    def get_auto_approved_tools(self): return ["half"]
    def get_user_commands(self): return []
def create_plugin(): return Half()
`;

function writePlugins(dir: string): object {
  const functions = ['echo', 'fail'].map((name) => ({
    name,
    description: `${name} \ud83d`,
    parameters: { type: 'object', properties: {} },
  }));
  writePlugin(dir, 'cut', { 'index.ts': HANDLERS, 'prompt.md': 'whole' }, { functions, name: 'Cut \udc00' });
  writeFileSync(join(dir, 'half.py'), PYTHON);
  writeFileSync(join(dir, 'up.mjs'), UPSTREAM);
  return {
    plugins: { cut: { path: './cut', approval: 'allow' }, half: { format: 'jaato', path: './half.py', approval: 'allow' } },
    mcpServers: { up: { command: process.execPath, args: ['up.mjs'], cwd: dir, approval: 'allow' } },
  };
}

const BROKEN = '"a\\ud83d","\\udc00":1';
const call = (id: string, name: string): string =>
  callLine(id, name, {}).replace('"arguments":{}', `"arguments":{"text":${BROKEN}},"_meta":{"progressToken":"${id}"}`);

// Compared as bytes: JavaScript's JSON parser accepts lone surrogates.
function expectWhole(text: string): void {
  expect(text.replace(/\\\\/g, '').replace(/\\u[dD][89abAB]..\\u[dD][c-fC-F]../g, '')).not.toMatch(/\\u[dD][89a-fA-F]/);
}

describe('halves of surrogate pairs', () => {
  it('reach neither clients nor plugins nor upstream servers', { tags: ['F14'] }, async () => {
    const dir = tempFolder();
    const raw = new RawStdio(writeConfig({ ...writePlugins(dir), audit: { arguments: true } }, [], dir), BIN);
    raw.send(HANDSHAKE);
    await raw.reply('hello', 25_000);
    for (const method of ['tools/list', 'prompts/list', 'resources/list']) raw.send(line(method, method));
    for (const [id, name] of [
      ['typescript', 'cut_echo'],
      ['thrown', 'cut_fail'],
      ['python', 'half'],
      ['upstream', 'up'],
    ] as const)
      raw.send(call(id, name));
    raw.send(line('prompt', 'prompts/get', { name: 'greet' }));
    raw.send(line('unknown', 'tools/call', { name: 'x' }).replace('"x"', '"x\\ud83d"'));
    for (const id of ['tools/list', 'prompts/list', 'resources/list', 'typescript', 'thrown', 'python', 'upstream', 'prompt', 'unknown'])
      await raw.reply(id);
    for (const one of raw.lines) expectWhole(one);
    const text = (id: string): string => JSON.stringify(raw.repliesTo(id)[0]);
    expect(text('typescript')).toContain('a\ufffd');
    expect(text('typescript')).toContain('"cut":"ab\ufffd"');
    expect(text('thrown')).toContain('broken \ufffd');
    expect(text('python')).toContain('a\\\\ufffd');
    expect(text('upstream')).toContain('up \ufffd');
    expect(text('prompt')).toContain('up \ufffd');
    const seen = readFileSync(join(dir, 'seen.jsonl'), 'utf8');
    expect(seen).toContain('a\ufffd');
    expectWhole(seen);
  });

  it('are replaced in the answers of /api/tools', { tags: ['F14'] }, async () => {
    const dir = tempFolder();
    const serving = await serve(writeConfig(writePlugins(dir), [], dir), { bin: BIN });
    const response = await fetch(new URL('/api/tools/cut_echo', serving.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: `{"text":${BROKEN}}`,
    });
    const text = await response.text();
    expectWhole(text);
    expect(text).toContain('"cut":"ab\ufffd"');
  });
});
