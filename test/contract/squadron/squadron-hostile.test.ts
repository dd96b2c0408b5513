import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { squadron } from '../../../dist/adapters/squadron/adapter.js';
import { installFolder } from '../../../dist/adapters/squadron/install/home.js';
import { toJsonText } from '../../../dist/src/core/json/exact-number.js';
import { parseExact } from '../../../dist/src/core/json/exact-parse.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { run, writeConfig } from '../../support/gateway.ts';
import { processesWith, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

// A peer that violates the protocol after the handshake and during calls.

const PEER = fileURLToPath(new URL('../../fixtures/hostile-peer.mjs', import.meta.url));

async function open(mode: string, keys: object = {}, limits: object = {}): Promise<TestApp> {
  const dir = installFolder(process.env.SQUADRON_HOME as string, 'peer', 'local');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'runner.json'), JSON.stringify({ kind: 'go', entry: process.execPath, args: [PEER, mode] }));
  const app = await openApp([squadron], {
    plugins: { peer: { format: 'squadron', version: 'local', ...keys } },
    limits: { restartMinMs: 20, stopGraceMs: 300, unresponsiveMs: 1000, ...limits },
  });
  await app.instance.registry.whenListed(20_000);
  return app;
}

const status = (app: TestApp) => app.instance.registry.plugins().find(({ id }) => id === 'peer');
const call = (app: TestApp, tool: string) => app.call(`plugins_peer_${tool}`);
const pidOf = async (app: TestApp) => /of (\d+)/.exec(textOf(await call(app, 'echo')))?.[1];
const codeOf = (result: { readonly meta?: object }) =>
  (result.meta as { 'plugmux/error'?: { code: string } } | undefined)?.['plugmux/error']?.code;

describe('a call with an invalid response', () => {
  it('fails alone with the cause, and the process keeps running', { tags: ['F67', 'F68'] }, async () => {
    const app = await open('good', {}, { resultBytes: 1_000_000, callTimeoutMs: 5_000 });
    const pid = await pidOf(app);
    expect(pid).toBeDefined();
    for (const [tool, code, text] of [
      ['reset', 'PLUGIN_PROTOCOL_ERROR', 'early'],
      ['reset_cancel', 'PLUGIN_PROTOCOL_ERROR', 'early'],
      ['reset_calm', 'PLUGIN_PROTOCOL_ERROR', 'early'],
      ['a_gigabyte', 'RESULT_TOO_LARGE', ''],
      ['truncated_frame', 'PLUGIN_PROTOCOL_ERROR', 'unreadable response'],
      ['truncated_field', 'PLUGIN_PROTOCOL_ERROR', 'unreadable response'],
      ['wrong_type', 'PLUGIN_PROTOCOL_ERROR', 'unreadable response'],
      ['no_number', 'PLUGIN_PROTOCOL_ERROR', 'unreadable response'],
      ['endless_number', 'PLUGIN_PROTOCOL_ERROR', 'unreadable response'],
      ['no_status', 'PLUGIN_PROTOCOL_ERROR', 'early'],
      ['no_message', 'PLUGIN_PROTOCOL_ERROR', ''],
      ['two_messages', 'PLUGIN_PROTOCOL_ERROR', 'more than one response'],
      ['two_apart', 'PLUGIN_PROTOCOL_ERROR', 'more than one response'],
      ['many_messages', 'PLUGIN_PROTOCOL_ERROR', 'more than one response'],
      ['compressed_nonsense', 'PLUGIN_PROTOCOL_ERROR', ''],
      ['unknown_fields', undefined, 'known'],
      ['no_field', undefined, ''],
      ['odd_status', undefined, ''],
      ['prefixed', undefined, 'it broke'],
      ['ping_storm', undefined, 'pinged'],
      ['goaway', undefined, 'answered after all'],
    ] as const) {
      const result = await call(app, tool);
      expect([tool, codeOf(result), textOf(result)]).toEqual([tool, code, expect.stringContaining(text)]);
      expect([tool, await pidOf(app)]).toEqual([tool, pid]);
    }
    await app.logged('unknown channel');
  });

  it('fails alone if the connection ends, and the gateway reconnects to the process', { tags: ['F67'] }, async () => {
    const app = await open('good');
    const pid = await pidOf(app);
    for (const tool of ['goaway_unseen', 'hang_up', 'not_grpc', 'reset_refused']) {
      expect([tool, codeOf(await call(app, tool))]).toEqual([tool, 'UPSTREAM_LOST']);
      expect([tool, await pidOf(app)]).toEqual([tool, pid]);
    }
    expect(status(app)?.state).toBe('ready');
  });

  it('ends with its process, which is restarted', { tags: ['F67'] }, async () => {
    const app = await open('good');
    const pid = await pidOf(app);
    const results = await Promise.all(['silent', 'half_silent', 'die'].map((tool) => call(app, tool)));
    expect(results.map(codeOf)).toEqual(Array(3).fill('PLUGIN_CRASHED'));
    expect(textOf(results[0] as never)).toContain('code 7');
    await until('another process serves', async () => ![undefined, pid].includes(await pidOf(app)));
  });

  it('ends at its deadline without a response', { tags: ['F67'] }, async () => {
    const app = await open('good', { limits: { callTimeoutMs: 1500 } });
    const pid = await pidOf(app);
    const results = await Promise.all(['silent', 'half_silent'].map((tool) => call(app, tool)));
    expect(results.map(codeOf)).toEqual(Array(2).fill('CALL_TIMEOUT'));
    expect(await pidOf(app)).toBe(pid);
  });

  it('uses fixed methods: reflection of the plugin is never requested', { tags: ['T20'] }, async () => {
    const app = await open('good');
    expect(
      textOf(await call(app, 'asked'))
        .split(' ')
        .sort(),
    ).toEqual([
      '/grpc.health.v1.Health/Check',
      '/plugin.GRPCStdio/StreamStdio',
      '/plugin.ToolPlugin/Call',
      '/plugin.ToolPlugin/Configure',
      '/plugin.ToolPlugin/ListTools',
    ]);
  });

  it('succeeds although the plugin sends unexpected messages', { tags: ['F68'] }, async () => {
    const app = await open('stdio-nonsense');
    expect(textOf(await call(app, 'echo'))).toContain('call 1');
  });
});

describe('the metadata and schema of a call', () => {
  it('identify the call, with the same key on a retry', async () => {
    const app = await open('good', { env: { ONCE: join(tempFolder(), 'once') } });
    const [first, second] = textOf(await call(app, 'die_once'))
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(Object.keys(first).sort()).toEqual(
      ['attempt-id', 'idempotency-key', 'run-id', 'task-name', 'tool-use-id'].map((key) => `squadron-${key}`),
    );
    expect(second).toEqual({ ...first, 'squadron-attempt-id': expect.not.stringMatching(first['squadron-attempt-id']) });
    const other = JSON.parse(textOf(await call(app, 'metadata')));
    expect(other['squadron-run-id']).toBe(first['squadron-run-id']);
    expect(other['squadron-idempotency-key']).not.toBe(first['squadron-idempotency-key']);
    expect(other['squadron-task-name']).toBe('default');
  });

  it('validate the result against its schema; a mismatch is reported with the value', async () => {
    const app = await open('good');
    expect((await call(app, 'fits')).structured).toEqual({ n: 1 });
    const misfit = await call(app, 'misfit');
    expect([misfit.isError, misfit.structured, codeOf(misfit)]).toEqual([true, undefined, 'RESULT_INVALID']);
    expect(misfit.content.map((block) => (block.type === 'text' ? block.text : ''))).toEqual([
      'plugins_peer_misfit ran, but its result does not match its output schema: n must be integer.',
      '{"n":"one"}',
    ]);
  });
});

describe('an invalid start', () => {
  it.each([
    ['silent', 'LOAD_TIMEOUT', 'stage "handshake"'],
    ['nowhere', 'HANDSHAKE_FAILED', 'its socket does not exist'],
    ['elsewhere', 'HANDSHAKE_FAILED', '10.1.2.3:4000, which is not a loopback address'],
    ['endless-line', 'HANDSHAKE_FAILED', 'its handshake line has more than 4096 characters'],
    ['other-network', 'HANDSHAKE_FAILED', 'it uses the network "vsock"'],
    ['fields-missing', 'HANDSHAKE_FAILED', 'fields are missing: "1|1"'],
    ['refusing', 'HANDSHAKE_FAILED', 'ECONNREFUSED'],
    ['half-open', 'LOAD_TIMEOUT', 'stage "health"'],
    ['hanging-up', 'HANDSHAKE_FAILED', 'its gRPC server failed'],
    ['goaway', 'HANDSHAKE_FAILED', 'its gRPC server failed'],
    ['reset-storm', 'HANDSHAKE_FAILED', 'its gRPC server failed'],
    ['unhealthy', 'HANDSHAKE_FAILED', 'not serving'],
    ['unknown-health', 'HANDSHAKE_FAILED', 'not serving'],
    ['configure-nonsense', 'PLUGIN_FAILED', 'failed to configure'],
    ['list-nonsense', 'HANDSHAKE_FAILED', 'unreadable response'],
  ])(
    '(%s) is reported, retried, and leaves nothing',
    { tags: ['F67', 'F68', 'T17', 'squadron-handshake'] },
    async (mode, code, message) => {
      const mark = `mark-${Math.random()}`;
      const app = await open(mode, { env: { MARK: mark }, limits: { startTimeoutMs: code === 'LOAD_TIMEOUT' ? 1_500 : 15_000 } });
      const { state, error } = status(app) ?? {};
      expect([mode, state, error?.code, error?.message]).toEqual([
        mode,
        expect.stringMatching(/failed|restarting/),
        code,
        expect.stringContaining(message),
      ]);
      await app.close();
      expect(processesWith(mark)).toEqual([]);
    },
  );
});

describe('a plugin that prints its settings', { timeout: 120_000 }, () => {
  it('has them redacted in command output', { tags: ['T24'] }, async () => {
    const env = { SQUADRON_HOME: process.env.SQUADRON_HOME as string };
    const dir = installFolder(env.SQUADRON_HOME, 'peer', 'local');
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'runner.json'), JSON.stringify({ kind: 'go', entry: process.execPath, args: [PEER, 'tell-tale'] }));
    const peer = {
      format: 'squadron',
      version: 'local',
      settings: { key: 'value-of-a-setting' },
      credentials: { other: 'value-of-a-credential' },
    };
    const config = ['--config', writeConfig({ plugins: { peer } })];
    for (const args of [['doctor'], ['doctor', '--json'], ['list'], ['list', '--json'], ['info', 'peer'], ['plugin', 'tools', 'peer']]) {
      const { stdout, stderr } = await run([...args, ...config], { env });
      expect([args, stdout + stderr]).toEqual([args, expect.stringMatching(/these do not please:.*\[redacted\]/)]);
      expect(stdout + stderr).not.toMatch(/value-of-a-/);
    }
  });
});

it('a plugin with its settings in its descriptions reveals no secret to clients', { tags: ['T24'] }, async () => {
  const env = { SQUADRON_HOME: process.env.SQUADRON_HOME as string };
  const dir = installFolder(env.SQUADRON_HOME, 'peer', 'local');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'runner.json'), JSON.stringify({ kind: 'go', entry: process.execPath, args: [PEER, 'boastful'] }));
  const peer = {
    format: 'squadron',
    version: 'local',
    settings: { key: 'value-of-a-key', mode: 'plain words stay' },
    credentials: { other: 'value-of-a-credential' },
  };
  const config = ['--config', writeConfig({ plugins: { peer } })];
  for (const args of [
    ['plugin', 'tools', 'peer'],
    ['plugin', 'info', 'peer', 'echo'],
  ]) {
    const { stdout, stderr } = await run([...args, ...config], { env });
    expect([args, stdout + stderr]).toEqual([args, expect.stringMatching(/with.*\[redacted\]/)]);
    expect(stdout + stderr).not.toMatch(/value-of-a-/);
    expect(stdout).toContain('plain words stay');
  }
});

it('numbers reach a plugin unchanged, and return unchanged', { tags: ['numbers-exact'] }, async () => {
  const app = await open('good');
  const number = ['9007199254740993', '-1234567890123456789012345', '1.0', '1e2', '-0', '0.10', '18446744073709551615'];
  for (const x of number) {
    const args = parseExact(`{"x":${x},"list":[{"y":${x}}]}`) as object;
    expect(textOf(await app.call('plugins_peer_sent', args))).toBe(`{"x":${x},"list":[{"y":${x}}]}`);
    const result = await app.call('plugins_peer_number', { n: x });
    expect([toJsonText(result.structured), textOf(result)]).toEqual([`{"n":${x}}`, `{"n":${x}}`]);
  }
  for (const x of ['1e999', 'NaN', '-Infinity']) {
    const refused = await app.call('plugins_peer_sent', parseExact(`{"x":[${x}]}`) as object);
    expect([codeOf(refused), textOf(refused)]).toEqual(['ARGUMENTS_INVALID', expect.stringContaining('x.0 ')]);
    expect(codeOf(await app.call('plugins_peer_number', { n: x }))).toBe('RESULT_INVALID');
  }
});

describe('an encrypted connection', () => {
  it.each([
    ['tls', true, undefined],
    ['tls', 'wanted', undefined],
    ['good', 'wanted', undefined],
    ['good', true, 'has no certificate'],
    // The responding peer is not the expected one: both modes fail.
    ['false-tls', true, 'its gRPC server failed'],
    ['false-tls', 'wanted', 'its gRPC server failed'],
  ] as const)('with a peer that is %s, where the entry says %s', { tags: ['T17'] }, async (mode, autoMtls, refusal) => {
    const app = await open(mode, { autoMtls, limits: { startTimeoutMs: 15_000 } });
    if (refusal === undefined) expect(textOf(await call(app, 'echo'))).toContain('call 1');
    else expect(status(app)?.error).toMatchObject({ code: 'HANDSHAKE_FAILED', message: expect.stringContaining(refusal) });
  });

  it('rejects peers without the certificate of the gateway', { tags: ['T17'] }, async () => {
    const mark = `mark-${Math.random()}`;
    const app = await open('tls', { autoMtls: true, env: { MARK: mark } });
    const [pid] = processesWith(mark);
    const dir = /PLUGIN_UNIX_SOCKET_DIR=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1];
    expect(statSync(dir as string).mode & 0o777).toBe(0o700);
    const rogue = connectTls({ path: join(dir as string, 'plugin1'), rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    rogue.on('error', () => undefined);
    await new Promise((resolve) => rogue.once('close', resolve));
    expect(textOf(await call(app, 'echo'))).toContain('call 1');
  });
});
