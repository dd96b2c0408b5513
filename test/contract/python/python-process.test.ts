import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { jaato } from '../../../dist/adapters/jaato/adapter.js';
import { scaiwave } from '../../../dist/adapters/scaiwave/adapter.js';
import { GatewayError } from '../../../dist/src/core/errors.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { connect } from '../../support/clients.ts';
import { pluginText, writeFiles } from '../../support/jaato.ts';
import { processesWith, until } from '../../support/processes.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';

const HOSTILE = fileURLToPath(new URL('../../fixtures/python/hostile.py', import.meta.url));
const ECHO = fileURLToPath(new URL('../../fixtures/jaato/echo', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../dist/bundle/src/main.js', import.meta.url));

const SCAIWAVE = `from app.plugins.base import BasePlugin
from app.plugins.protocol import PluginManifest, ToolDefinition


class Q(BasePlugin):
    @property
    def manifest(self):
        return PluginManifest("acme.q", "Q", "1.0.0", "", [ToolDefinition("two", "", {})])

    async def execute_tool(self, tool_name, args, ctx):
        return tool_name
`;

/** Ignores signals, leaves children and threads, and then blocks in different ways. */
const DEAF = pluginText(
  'deaf',
  {
    fine: '"fine"',
    leaves: 'leave()',
    // A C call that holds the interpreter lock.
    holds: 'ctypes.PyDLL(None).sleep(30)',
    spins: '[None for _ in iter(int, 1)]',
    waits: 'never_awaits()',
  },
  `
    def initialize(self, config=None):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

`,
).replace(
  'import os',
  `import ctypes, multiprocessing, os, signal, subprocess, threading, time


def leave():
    fork = multiprocessing.get_context("fork")
    fork.Process(target=lambda: (signal.signal(signal.SIGTERM, signal.SIG_IGN), time.sleep(600))).start()
    threading.Thread(target=time.sleep, args=(600,)).start()
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    return "left"


async def never_awaits():
    time.sleep(30)`,
);

async function open(more: object = {}, limits: object = {}): Promise<TestApp> {
  const app = await openApp([jaato], {
    plugins: { hostile: { path: HOSTILE, ...more }, echo: { path: ECHO } },
    limits: { restartMinMs: 50, stopGraceMs: 500, pluginStopMs: 500, ...limits },
  });
  await app.instance.registry.whenListed(20_000);
  return app;
}

/** The other plugin is not affected. */
async function expectUnharmed(app: TestApp): Promise<void> {
  expect(textOf(await app.call('echo', { message: 'unharmed' }))).toBe('unharmed');
}

const codeOf = (result: { meta?: Record<string, unknown> }) => (result.meta?.['plugmux/error'] as { code?: string } | undefined)?.code;

describeWithPython('a Python plugin process', () => {
  it('keeps prints, logging and raw bytes out of the protocol', { tags: ['F63', 'plugin-stdout'] }, async () => {
    const app = await open();
    expect(textOf(await app.call('prints'))).toBe('printed');
    expect(textOf(await app.call('prints'))).toBe('printed');
    await until('it is logged', () => app.lines.some((line) => line.area === 'plugin:hostile' && line.message.includes('"id":1')));
    await app.logged('printed at import');
    await until('the half line is logged', () => app.lines.some((line) => line.message === 'red and half a line'));
    expect(app.lines.some((line) => line.message.includes('\u001b'))).toBe(false);
    await expectUnharmed(app);
  });

  it('keeps output of C code and child processes out of the protocol, and its descriptors private', {
    tags: ['F63', 'plugin-stdout'],
  }, async () => {
    const app = await open();
    expect(textOf(await app.call('writes_in_c'))).toBe('written');
    expect((await app.call('runs_child')).structured).toEqual({ descriptors: [] });
    expect((await app.call('forks')).structured).toEqual({ code: 0 });
    await app.logged('from the grandchild');
    await expectUnharmed(app);
  });

  it('leaves default signal handling to the children of a plugin', async () => {
    const app = await open();
    expect((await app.call('ends_children')).structured).toEqual({ forked: [-15, 130], started: -2 });
    await expectUnharmed(app);
  });

  it.each([
    ['exit', 'SystemExit: 3'],
    ['interrupt', 'KeyboardInterrupt'],
    ['generator', 'GeneratorExit'],
    ['recursion', 'maximum recursion depth exceeded'],
    ['rude', 'Rude (its text cannot be read: ValueError)'],
    ['empty', 'RuntimeError'],
    ['group', 'BaseException: bare'],
  ])('returns a failed result for a tool that raises: %s', { tags: ['F64', 'T16'] }, async (kind, text) => {
    const app = await open();
    const result = await app.call('raises', { kind });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toBe(text);
    expect(JSON.stringify(result)).not.toMatch(/Traceback|hostile\.py/);
    await until('it is logged', () =>
      app.lines.some(({ message }) => message.includes('raises raised: ') || message.includes('Traceback')),
    );
    expect((await app.call('prints')).isError).toBeFalsy();
    await expectUnharmed(app);
  });

  it('returns plain data for any return value of a tool', { tags: ['F53'] }, async () => {
    const app = await open();
    const returned = async (kind: string) => (await app.call('returns', { kind })).structured;
    expect(codeOf(await app.call('returns', { kind: 'nan' }))).toBe('RESULT_INVALID');
    expect(await returned('bytes')).toEqual({ value: 'AP8=' });
    expect(await returned('keys')).toEqual({ 1: 'one', None: 'none', '(1, 2)': 'pair' });
    expect(await returned('circle')).toEqual({ self: '[circular]' });
    expect(`${((await returned('huge number')) as { value: object }).value}`).toBe(String(2n ** 70n));
    expect(JSON.stringify(await returned('deep'))).toContain('[too deep]');
    expect(textOf(await app.call('returns', { kind: 'surrogates' }))).toBe('lone \ud800 and \udfff');
    expect(((await returned('large')) as { text: string }).text).toBe('ü'.repeat(1024 * 1024));
    expect(codeOf(await app.call('returns', { kind: 'big' }))).toBe('RESULT_TOO_LARGE');
    await expectUnharmed(app);
  });

  it('passes 10 MB if the limit allows it', async () => {
    const app = await open({}, { resultBytes: 64 * 1024 * 1024, resultChars: 64 * 1024 * 1024 });
    const result = await app.call('returns', { kind: 'big' });
    expect((result.structured as { text: string }).text).toHaveLength(10 * 1024 * 1024);
  });

  it('never waits for a terminal', async () => {
    const app = await open();
    expect(textOf(await app.call('asks_input'))).toBe('EOF when reading a line');
  });

  it.each(['exit', 'abort', 'segv', 'kill'])('fails one call if the process dies: %s', { tags: ['F64', 'T16'] }, async (kind) => {
    const app = await open();
    const [result, neighbour] = await Promise.all([app.call('dies', { kind }), app.call('echo', { message: 'beside' })]);
    expect(codeOf(result)).toBe('PLUGIN_CRASHED');
    expect(textOf(neighbour)).toBe('beside');
    await until('it serves again', () => app.instance.registry.plugins()[0]?.state === 'ready');
    expect(textOf(await app.call('prints'))).toBe('printed');
  });

  it('fails a call at its deadline, and restarts if threads hang', { tags: ['F17', 'F65'] }, async () => {
    const app = await open({ limits: { callTimeoutMs: 1000 } });
    const calls = Array.from({ length: 8 }, () => app.call('sleeps', { seconds: 600 }));
    for (const result of await Promise.all(calls)) expect(codeOf(result)).toBe('CALL_TIMEOUT');
    await expectUnharmed(app);
    await until('it serves again', async () => (await app.call('prints')).isError !== true);
  });

  it.each(['holds', 'spins', 'waits'])(
    'is killed at the deadline with its children, despite ignored signals: %s',
    { tags: ['F65', 'F57'] },
    async (way) => {
      const dir = tempFolder();
      const mark = `child-${Math.random()}`;
      writeFiles(dir, { 'deaf.py': DEAF });
      const deaf = { path: './deaf.py', env: { PLUGMUX_TEST_NAMED: mark }, limits: { callTimeoutMs: 1000 } };
      const limits = { restartMinMs: 50, stopGraceMs: 500, unresponsiveMs: 1000, hungMs: 3000 };
      const app = await openApp([jaato], { plugins: { deaf, echo: { path: ECHO } }, limits }, dir);
      await app.instance.registry.whenListed(20_000);
      expect(textOf(await app.call('leaves'))).toBe('left');
      const before = new Set(processesWith(mark));
      expect(before.size).toBeGreaterThan(2);
      const began = performance.now();
      const stuck = app.call(way);
      await expectUnharmed(app);
      expect(['CALL_TIMEOUT', 'PLUGIN_UNRESPONSIVE']).toContain(codeOf(await stuck));
      expect(performance.now() - began).toBeLessThan(10_000);
      await expectUnharmed(app);
      // Hung threads alone do not end the process: there is capacity for its other calls.
      if (way !== 'spins') await until('nothing of it is left', () => processesWith(mark).every((pid) => !before.has(pid)), 10_000);
      await until('it serves again', async () => textOf(await app.call('fine')) === 'fine');
      await app.close();
      await until('nothing is left', () => processesWith(mark).length === 0, 10_000);
    },
  );

  it('drops the late result of a call that was cancelled', { tags: ['cancel-reaches-tool'] }, async () => {
    const app = await open();
    const call = app.newCall();
    const pending = app.call('says', { ms: 1500, secret: 'late' }, call);
    await sleep(400);
    call.abort(new GatewayError('CALL_CANCELLED', 'cancelled by the test'));
    expect(codeOf(await pending)).toBe('CALL_CANCELLED');
    expect(textOf(await app.call('says', { ms: 300, secret: 'mine' }))).toBe('mine');
    await app.logged('ended after its cancellation');
  });

  it('gives every caller its own result, in threads and on the loop', { tags: ['T6'] }, async () => {
    const app = await open();
    const secrets = Array.from({ length: 60 }, (_, i) => `secret ${i}`);
    const results = await Promise.all(secrets.map((secret, i) => app.call('says', { ms: (i * 7) % 20, secret })));
    expect(results.map(textOf)).toEqual(secrets);
    const awaited = await Promise.all(secrets.map((_, i) => app.call('awaits', { seconds: (i % 5) / 100 })));
    expect(awaited.map(textOf)).toEqual(secrets.map(() => 'awaited'));
    expect(textOf(await app.call('awaits', { exit: true }))).toBe('SystemExit: 4');
    expect(textOf(await app.call('awaits'))).toBe('awaited');
  });

  it('starts a new process beside a coroutine that blocks the loop, and names it', { tags: ['F65'] }, async () => {
    const app = await open({}, { unresponsiveMs: 500, hungMs: 1500, drainMs: 15_000 });
    const blocked = app.call('blocks', { seconds: 9 });
    // Earlier calls wait with the blocking one.
    const soon = () => Promise.race([app.call('awaits').then(textOf), sleep(1000, 'waits')]);
    await until('a fresh process answers', async () => (await soon()) === 'awaited');
    expect(await Promise.race([blocked, 'still blocked'])).toBe('still blocked');
    expect(textOf(await blocked)).toBe('blocked');
    const said = (level: string) =>
      app.lines.filter((line) => line.level === level && line.message.includes('blocks has blocked the loop'));
    expect(said('warn').map((line) => line.area)).toEqual(['plugin:hostile', 'group:jaato:hostile']);
    await expectUnharmed(app);
  });

  it.each([
    [{}, false],
    [{ limits: { shutdownTimeoutMs: 5000 } }, true],
  ])('gives a plugin the configured time to stop: %j', async (more, stopped) => {
    const dir = tempFolder();
    const stop = `\n    def shutdown(self):\n        __import__("time").sleep(2)\n        open("stopped", "w").close()\n`;
    writeFiles(dir, { 'slow.py': pluginText('slow', { t: '1' }, stop) });
    const app = await openApp(
      [jaato],
      { plugins: { slow: { path: './slow.py', ...more } }, limits: { pluginStopMs: 100, stopGraceMs: 100 } },
      dir,
    );
    await app.instance.registry.whenListed(20_000);
    await app.close();
    expect(existsSync(join(dir, 'stopped'))).toBe(stopped);
  });

  it('is not restarted repeatedly with an interpreter that is too old', async () => {
    const dir = tempFolder();
    // An old interpreter would run the program's first lines like this.
    const main = fileURLToPath(new URL('../../../dist/src/host/python/__main__.py', import.meta.url));
    const old = `import runpy, sys; sys.version_info = (3, 9, 1); sys.version = "3.9.1 (main)"; sys.argv = ["x"]; runpy.run_path(${JSON.stringify(main)}, run_name="__main__")`;
    const python = join(dir, 'python');
    writeFileSync(python, `#!/bin/sh\nexec python3 -c '${old}'\n`, { mode: 0o755 });
    const app = await open({ python });
    const status = app.instance.registry.plugins()[0];
    expect(status).toMatchObject({ state: 'failed', error: { code: 'DEPENDENCY_MISSING' } });
    expect(status?.error?.message).toMatch(/needs Python 3\.10 or later; this is 3\.9\.1/);
    expect(app.lines.filter((line) => line.message.includes('Next try'))).toEqual([]);
    await expectUnharmed(app);
  });

  it('starts on the first call if configured and the source is known', async () => {
    const dir = tempFolder();
    const mark = `lazy-${Math.random()}`;
    writeFiles(dir, { 'p.py': pluginText('p', { one: '"one"' }), 'q.py': SCAIWAVE });
    const lazy = { start: 'lazy', env: { PLUGMUX_TEST_NAMED: mark } };
    const config = (more = {}) => ({ plugins: { p: { path: './p.py', ...lazy, ...more }, q: { path: './q.py', ...lazy } } });
    const begin = async (more?: object): Promise<TestApp> => {
      const app = await openApp([jaato, scaiwave], config(more), dir);
      await app.instance.registry.whenListed(20_000);
      expect([...app.instance.registry.catalogue().tools.keys()]).toEqual(['one', 'two']);
      return app;
    };
    // It must have been described once.
    const first = await begin();
    expect(processesWith(mark).length).toBeGreaterThan(0);
    await first.close();
    const second = await begin();
    second.instance.gateway.refresh(second.newCall());
    expect(processesWith(mark)).toEqual([]);
    expect([textOf(await second.call('one')), textOf(await second.call('two'))]).toEqual(['one', 'two']);
    expect([...second.instance.registry.catalogue().tools.keys()]).toEqual(['one', 'two']);
    await second.close();
    await begin({ settings: { changed: true } });
    expect(processesWith(mark).length).toBeGreaterThan(0);
  });

  it('exits despite threads that never end', { tags: ['F57'] }, async () => {
    const app = await open({ env: { PLUGMUX_TEST_NAMED: 'threads' } });
    await app.call('threads');
    await expectUnharmed(app);
    await app.close();
    await until('the process is gone', () => processesWith('PLUGMUX_TEST_NAMED=threads').length === 0, 5000);
  });

  it('leaves no interpreter when the gateway is killed, even with busy threads', { tags: ['F75'] }, async () => {
    const dir = tempFolder();
    const mark = `killed-${Math.random()}`;
    const file = join(dir, 'mcp.json');
    writeFileSync(file, JSON.stringify({ plugins: { hostile: { path: HOSTILE, env: { PLUGMUX_TEST_NAMED: mark } } } }));
    const client = await connect('v2 auto', { command: process.execPath, args: [MAIN, 'stdio', '--config', file] });
    await client.list();
    void client.call('sleeps', { seconds: 600 }).catch(() => undefined);
    await client.call('threads');
    expect(processesWith(mark).length).toBeGreaterThan(0);
    process.kill(client.pid() as number, 'SIGKILL');
    await until('the interpreter is gone', () => processesWith(mark).length === 0, 10_000);
  });

  it('uses stdin and stdout behind programs that pass no other descriptors', async () => {
    const bridge = fileURLToPath(new URL('../../../dist/src/host/python/', import.meta.url));
    const child = spawn('python3', ['-u', bridge, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ask = async (message: object): Promise<unknown> => {
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
      return JSON.parse(chunk.toString()).result;
    };
    expect(await ask({ id: 1, method: 'hello', params: {} })).toMatchObject({ protocol: 1, runtime: 'python' });
    expect(await ask({ id: 2, method: 'ping' })).toMatchObject({ inFlight: 0, abandoned: 0 });
    child.stdin.end();
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});
