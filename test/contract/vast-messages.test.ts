import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mcp } from '../../dist/adapters/mcp/adapter.js';
import { squadron } from '../../dist/adapters/squadron/adapter.js';
import { installFolder } from '../../dist/adapters/squadron/install/home.js';
import { talos } from '../../dist/adapters/talos/adapter.js';
import { openApp, type TestApp, textOf } from '../support/app.ts';
import { until } from '../support/processes.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

// Messages within the byte limit, but with so many values that parsing or checking would take seconds.

const codeOf = (result: { readonly meta?: object }) =>
  (result.meta as { 'plugmux/error'?: { code: string } } | undefined)?.['plugmux/error']?.code;
const LIST = `const list = (unit, count) => '[' + Array(count).fill(unit).join(',') + ']';`;

const TALOS = `import { writeSync } from 'node:fs';
${LIST}
const say = async (line) => {
  for (let rest = Buffer.from(line + '\\n'); rest.length > 0; ) {
    try { rest = rest.subarray(writeSync(4, rest)); } catch { await new Promise((r) => setTimeout(r, 5)); }
  }
  await new Promise((r) => setTimeout(r, 3000));
};
const report = (functions) => say('{"jsonrpc":"2.0","method":"changed","params":{"id":"bad","report":{"dialect":"source","functions":' + functions + ',"undeclared":[],"triggers":[]}}}');
export const handlers = {
  pid: () => String(process.pid),
  rows: () => Array.from({ length: 250000 }, () => ({})),
  numbers: () => report(list('0', 2000000)),
  texts: () => report(list('""', 300000)),
  wrong: () => report(list('0', 200000)),
};`;

it('a message with very many values affects only its plugin process', { tags: ['messages-bounded', 'T16'], timeout: 60_000 }, async () => {
  const dir = tempFolder();
  const folder = join(dir, 'plugins');
  mkdirSync(folder);
  writePlugin(folder, 'good', { 'index.ts': 'export const handlers = { run: () => String(process.pid) };' });
  const functions = ['pid', 'rows', 'numbers', 'texts', 'wrong'].map((name) => ({ name, description: name }));
  writePlugin(folder, 'bad', { 'index.ts': TALOS }, { functions });
  const app = await openApp(
    [talos],
    { pluginFolders: ['./plugins'], plugins: { bad: { group: 'own' } }, limits: { restartMinMs: 20, circuitFailures: 100 } },
    dir,
  );
  const good = textOf(await app.call('good_run'));
  const pid = async (): Promise<string> => textOf(await app.call('bad_pid'));
  const before = await pid();
  // An ordinary result that is too large fails its call.
  expect(codeOf(await app.call('bad_rows'))).toBe('RESULT_TOO_LARGE');
  expect(await pid()).toBe(before);
  for (const name of ['numbers', 'texts', 'wrong']) {
    const failed = await app.call(`bad_${name}`);
    expect([name, codeOf(failed)]).toEqual([name, 'PLUGIN_PROTOCOL_ERROR']);
    await until(`it serves again after ${name}`, async () => codeOf(await app.call('bad_pid')) === undefined);
  }
  expect(textOf(await app.call('good_run'))).toBe(good);
});

const SERVER = `${LIST}
const say = (text) => process.stdout.write(text + '\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const answer = (result) => say('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":' + result + '}');
  if (method === 'initialize')
    return answer('{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"prompts":{},"resources":{}},"serverInfo":{"name":"p","version":"1","icons":' + list('0', Number(process.env.ICONS ?? 0)) + '}}');
  if (method === 'tools/list') return answer('{"tools":[{"name":"rows","inputSchema":{"type":"object"}},{"name":"fine","inputSchema":{"type":"object"}},{"name":"ask","inputSchema":{"type":"object"}}]}');
  if (method === 'prompts/list') return answer('{"prompts":[]}');
  if (method === 'resources/list') return answer('{"resources":' + list('{}', 400000) + '}');
  if (method !== 'tools/call') return say('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"error":{"code":-32601,"message":"unknown"}}');
  if (params.name === 'rows') return answer('{"content":' + list('{}', 400000) + '}');
  if (params.name === 'ask') say('{"jsonrpc":"2.0","id":7,"method":"ping","params":{"many":' + list('0', 20000) + '}}');
  answer('{"content":[{"type":"text","text":"fine"}]}');
});`;

it('a response with very many values fails its request, and such a handshake its connection', {
  tags: ['messages-bounded'],
  timeout: 60_000,
}, async () => {
  const server = (icons: number) => ({ command: process.execPath, args: ['-e', SERVER], env: { ICONS: String(icons) }, approval: 'allow' });
  const app: TestApp = await openApp([mcp], { mcpServers: { listing: server(0), greeting: server(500_000) } });
  await app.instance.registry.whenListed(20_000);
  const stateOf = (id: string) => app.instance.registry.plugins().find((plugin) => plugin.id === id);
  expect(stateOf('listing')).toMatchObject({ state: 'ready', problems: [{ code: 'RESULT_TOO_LARGE' }] });
  expect(codeOf(await app.call('rows'))).toBe('RESULT_TOO_LARGE');
  for (const name of ['ask', 'fine']) expect(textOf(await app.call(name))).toBe('fine');
  expect(stateOf('greeting')).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('too many values') } });
});

const PEER = `import { createServer } from 'node:http2';
import { join } from 'node:path';
const path = join(process.env.PLUGIN_UNIX_SOCKET_DIR, 'plugin1');
const frame = (message) => { const head = Buffer.alloc(5); head.writeUInt32BE(message.length, 1); return Buffer.concat([head, message]); };
createServer().on('stream', (stream, headers) => {
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  const body = headers[':path'].endsWith('/ListTools') ? Buffer.from('0a00'.repeat(1000000), 'hex') : Buffer.from([8, 1]);
  stream.end(frame(body));
}).listen(path, () => console.log('1|1|unix|' + path + '|grpc|'));`;

it('a program with an endless list is rejected', { tags: ['messages-bounded'], timeout: 60_000 }, async () => {
  const dir = tempFolder();
  const install = installFolder(process.env.SQUADRON_HOME as string, 'vast', 'local');
  mkdirSync(install, { recursive: true });
  writeFileSync(join(dir, 'peer.mjs'), PEER);
  writeFileSync(join(install, 'runner.json'), JSON.stringify({ kind: 'go', entry: process.execPath, args: [join(dir, 'peer.mjs')] }));
  const app = await openApp([squadron], { plugins: { vast: { format: 'squadron', version: 'local' } } }, dir);
  await app.instance.registry.whenListed(20_000);
  expect(app.instance.registry.plugins()[0]).toMatchObject({ error: { message: expect.stringContaining('more than 20000 tools') } });
});
