import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toLimits } from '../../dist/src/config/limits.js';
import { createStopping } from '../../dist/src/core/abort/stopping.js';
import type { Adapter } from '../../dist/src/core/contract/adapter.js';
import type { ToolResult } from '../../dist/src/core/contract/content.js';
import { GatewayError } from '../../dist/src/core/errors.js';
import { silentLog } from '../../dist/src/core/log.js';
import { textOf as firstText, openApp, type TestApp } from '../support/app.ts';
import { define, type TestParts } from '../support/define.ts';
import { processesWith, until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

/** What a format provides for the contract: adapter, seven fixtures, and skipped tests with their reasons. */
export interface AdapterSuite {
  readonly adapter: Adapter;
  /** Folder with the fixtures echo, typed, many, slow, fails, broken and rude. */
  readonly fixtures: string;
  /** Returns the public name of a fixture's tool. */
  toolName(fixture: string, tool: string): string;
  /** Longest text that the format passes unchanged; default: a million characters. */
  readonly longestText?: number;
  /** What an empty text becomes, if the format changes it. */
  readonly emptyText?: string;
  /** The text that a tool returned, if results carry it in another form than as their first text. */
  text?(result: ToolResult): string;
  /** Returns the configuration for fixtures by plugin id; default: `plugins` entries with a path. */
  config?(entries: Readonly<Record<string, FixtureEntry>>): object;
  readonly skip?: readonly { readonly reason: string; readonly tests: readonly string[] }[];
}

const FIXTURES = ['echo', 'typed', 'many', 'slow', 'fails', 'broken', 'rude'];

/** A fixture in a configuration; `keys`: additional keys of its entry. */
export interface FixtureEntry {
  readonly fixture: string;
  readonly keys?: object;
}

/** Tests the requirements for every format, with real plugins in real processes. */
export function testAdapter({
  adapter,
  fixtures,
  toolName,
  longestText = 1_000_000,
  emptyText = '',
  text: textOf = firstText,
  config: configOf,
  skip = [],
}: AdapterSuite): void {
  const test = (name: string, ...rest: TestParts): void => {
    const reason = skip.find(({ tests }) => tests.includes(name))?.reason;
    if (reason === undefined) define(name, ...rest);
    else it.skip(`${name} (${reason})`, () => undefined);
  };
  const path = (fixture: string): string => join(fixtures, fixture);
  const entries = (named: Readonly<Record<string, FixtureEntry>>): object =>
    configOf?.(named) ?? {
      plugins: Object.fromEntries(Object.entries(named).map(([id, { fixture, keys }]) => [id, { path: path(fixture), ...keys }])),
    };
  const all = configOf?.(Object.fromEntries(FIXTURES.map((fixture) => [fixture, { fixture }]))) ?? { pluginFolders: [fixtures] };
  const limits = { stopGraceMs: 500, pluginStopMs: 500, restartMinMs: 50 };
  const open = (...names: string[]): Promise<TestApp> =>
    openListed({ ...entries(Object.fromEntries(names.map((fixture) => [fixture, { fixture }]))), limits });
  // Some formats list their tools only after their start.
  const openListed = async (config: object): Promise<TestApp> => {
    const app = await openApp([adapter], config);
    await app.instance.registry.whenListed(20_000);
    return app;
  };
  const names = (app: TestApp): string[] => [...app.instance.registry.catalogue().tools.keys()];
  /** Waits until every plugin has listed; some formats must be started for that. */
  const listed = async (app: TestApp): Promise<string[]> => {
    await app.instance.registry.whenListed(60_000);
    return names(app);
  };

  describe(`adapter contract: ${adapter.kind}`, () => {
    test('reading recognizes a plugin without running its code', async () => {
      const app = await openApp([adapter], all);
      expect(app.instance.registry.plugins().map((p) => p.id)).toEqual(expect.arrayContaining(['echo', 'broken', 'rude']));
      expect(processesWith(app.dir)).toEqual([]);
    });

    test('reading a folder of another format returns null', async () => {
      const dir = tempFolder();
      const entry = { settings: {}, credentials: {}, isolation: 'process', cwd: dir, env: {}, options: {} } as const;
      const none = (): never => {
        throw new Error('reading needs nothing of this');
      };
      const host = {
        log: silentLog,
        limits: toLimits(),
        stopping: createStopping(),
        proxy: undefined,
        cacheDir: dir,
        dataDir: () => dir,
        store: none,
        hide: none,
        join: none,
        spawn: none,
        run: none,
        runOf: none,
      };
      expect(await adapter.read({ path: dir, root: dir, entry }, host)).toBeNull();
    });

    test('a tool is called and returns a result', { tags: ['tools-call'] }, async () => {
      const app = await open('echo');
      const result = await app.call(toolName('echo', 'echo'), { message: 'hello' });
      expect(textOf(result)).toBe('hello');
      expect(result.isError).toBeFalsy();
    });

    test('texts arrive unchanged', async () => {
      const app = await open('echo');
      for (const message of ['', 'ü – 漢字 🙂', '"quoted"\n{"jsonrpc":"2.0"}', '\u0000\u2028', 'x'.repeat(longestText)]) {
        expect(textOf(await app.call(toolName('echo', 'echo'), { message }))).toBe(message === '' ? emptyText : message);
      }
    });

    test('concurrent calls get their own results', { tags: ['tools-call', 'T6'] }, async () => {
      const app = await open('echo');
      const messages = Array.from({ length: 200 }, (_, i) => `message ${i}`);
      const results = await Promise.all(messages.map((message) => app.call(toolName('echo', 'echo'), { message })));
      expect(results.map(textOf)).toEqual(messages);
    });

    test('the schema reaches the catalogue unchanged', async () => {
      const app = await open('typed');
      await listed(app);
      const entry = app.instance.registry.catalogue().tools.get(toolName('typed', 'describe'));
      expect(entry?.tool.input).toMatchObject({
        type: 'object',
        required: ['kind'],
        properties: {
          kind: { type: 'string', enum: ['a', 'b'] },
          count: { type: 'integer', minimum: 1 },
          tags: { type: 'array', items: { type: 'string' } },
          nested: { type: 'object', properties: { deep: { type: 'boolean' } }, additionalProperties: false },
        },
      });
    });

    test('arguments are checked before the plugin sees them', { tags: ['tool-errors-in-band', 'F52'] }, async () => {
      const app = await open('typed');
      for (const args of [{}, { kind: 'c' }, { kind: 'a', count: 0 }, { kind: 'a', count: 'one' }, { kind: 'a', nested: { x: 1 } }]) {
        const result = await app.call(toolName('typed', 'describe'), args);
        expect(result.isError).toBe(true);
        expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'ARGUMENTS_INVALID', outcome: 'NOT_SENT' });
      }
    });

    test('a string with the JSON of an argument is parsed', { tags: ['F52'] }, async () => {
      const app = await open('typed');
      const result = await app.call(toolName('typed', 'describe'), { kind: 'a', count: '1', nested: '{"deep":true}', tags: '["x"]' });
      // Some formats have no structured results.
      const told = JSON.parse(textOf(result));
      expect(told.got ?? told).toEqual({ kind: 'a', count: 1, nested: { deep: true }, tags: ['x'] });
    });

    test('structured results are returned as data and as text', async () => {
      const app = await open('typed');
      const args = { kind: 'b', count: 2, tags: ['x'], nested: { deep: true } };
      const result = await app.call(toolName('typed', 'describe'), args);
      expect(result.structured).toEqual({ got: args });
      expect(JSON.parse(textOf(result))).toEqual({ got: args });
    });

    test('fifty tools are listed in a stable order', { tags: ['tools-list'] }, async () => {
      const [first, second] = [await open('many'), await open('many')];
      expect(await listed(first)).toHaveLength(50);
      expect(await listed(second)).toEqual(names(first));
    });

    test('a failing tool is a failed result with its message and without a stack', { tags: ['tool-errors-in-band'] }, async () => {
      const app = await open('fails');
      const result = await app.call(toolName('fails', 'throws'));
      expect(result.isError).toBe(true);
      expect(textOf(result)).toContain('it went wrong');
      expect(textOf(result)).not.toMatch(/\bat .*:\d+/);
    });

    test('values that are not JSON are converted', { tags: ['F53'] }, async () => {
      const app = await open('fails');
      const result = await app.call(toolName('fails', 'junk'));
      expect(result.isError).toBeFalsy();
      expect((await app.call(toolName('fails', 'deep'))).content).toHaveLength(1);
      expect((await app.call(toolName('fails', 'nothing'))).isError).toBeFalsy();
    });

    test('a result over the limit is an error', { tags: ['result-limit'] }, async () => {
      const app = await open('fails');
      const result = await app.call(toolName('fails', 'huge'));
      expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'RESULT_TOO_LARGE', outcome: 'REPLIED_INVALID' });
    });

    test('a thrown text of several megabytes is truncated and fails only its call', { tags: ['result-limit'] }, async () => {
      const app = await open('fails', 'slow');
      const other = app.call(toolName('slow', 'wait'), { ms: 1000 });
      const result = await app.call(toolName('fails', 'shouts'));
      expect(result.isError).toBe(true);
      expect((result.meta?.['plugmux/error'] as { code?: string } | undefined)?.code ?? 'PLUGIN_FAILED').toBe('PLUGIN_FAILED');
      expect(textOf(result).length).toBeLessThan(32 * 1024);
      expect((await other).isError).toBeFalsy();
    });

    test('a crash is one failed call, then the plugin works again', { tags: ['T16'] }, async () => {
      const app = await open('fails');
      const result = await app.call(toolName('fails', 'exits'));
      expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_CRASHED', outcome: 'SENT_NO_REPLY', plugin: 'fails' });
      await until('the plugin is ready', () => app.instance.registry.plugins()[0]?.state === 'ready');
      expect((await app.call(toolName('fails', 'nothing'))).isError).toBeFalsy();
    });

    test('a call past its deadline fails with the time, and the tool is cancelled', { tags: ['F17'] }, async () => {
      const app = await openListed(entries({ slow: { fixture: 'slow', keys: { limits: { callTimeoutMs: 1000 } } } }));
      const result = await app.call(toolName('slow', 'wait'), { ms: 60_000 });
      expect(textOf(result)).toBe(`Tool "${toolName('slow', 'wait')}" timed out after 1s`);
      await until('the cancellation arrives', async () => textOf(await app.call(toolName('slow', 'cancelled'))) === '1');
    });

    test('a cancelled call ends at once and its tool is notified', { tags: ['cancel-reaches-tool'] }, async () => {
      const app = await open('slow');
      await app.call(toolName('slow', 'cancelled'));
      const call = app.newCall();
      const pending = app.call(toolName('slow', 'wait'), { ms: 60_000 }, call);
      await new Promise((resolve) => setTimeout(resolve, 400));
      call.abort(new GatewayError('CALL_CANCELLED', 'cancelled by the test'));
      expect((await pending).meta?.['plugmux/error']).toMatchObject({ code: 'CALL_CANCELLED' });
      await until('the cancellation arrives', async () => textOf(await app.call(toolName('slow', 'cancelled'))) === '1');
    });

    const openBlocking = async (callTimeoutMs: number, more: object): Promise<TestApp> => {
      const keys = { limits: { callTimeoutMs, startTimeoutMs: 30_000 } };
      const app = await openListed({
        ...entries({ slow: { fixture: 'slow', keys } }),
        limits: { restartMinMs: 50, unresponsiveMs: 1000, ...more },
      });
      await app.call(toolName('slow', 'cancelled'));
      return app;
    };
    const answersAgain = async (app: TestApp): Promise<void> => {
      // Long enough for no further call, whose deadline would end it.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await until('it answers again', async () => textOf(await app.call(toolName('slow', 'cancelled'))) === '0', 20_000);
    };

    test('a blocked process is killed at the deadline and starts again', { tags: ['F60'], timeout: 60_000 }, async () => {
      const killed = async (callTimeoutMs: number): Promise<void> => {
        const app = await openBlocking(callTimeoutMs, {});
        const result = await app.call(toolName('slow', 'block'), { ms: 600_000 });
        expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'CALL_TIMEOUT' });
        await answersAgain(app);
      };
      // The second limit ends before the process counts as hung.
      await Promise.all([killed(3000), killed(700)]);
    });

    test('a blocked process is also killed after its caller disconnected', { tags: ['F60'], timeout: 60_000 }, async () => {
      const app = await openBlocking(3000, { hungMs: 2000 });
      const call = app.newCall();
      const pending = app.call(toolName('slow', 'block'), { ms: 600_000 }, call);
      await new Promise((resolve) => setTimeout(resolve, 400));
      call.abort(new GatewayError('CALL_CANCELLED', 'cancelled by the test'));
      expect((await pending).meta?.['plugmux/error']).toMatchObject({ code: 'CALL_CANCELLED' });
      await answersAgain(app);
    });

    test('a broken plugin is reported with its stage and cause; the others serve', { tags: ['T16', 'F44'] }, async () => {
      const app = await openApp([adapter], { ...all, limits });
      await app.instance.registry.start();
      const broken = app.instance.registry.plugins().find((p) => p.id === 'broken');
      expect(broken).toMatchObject({ state: 'failed' });
      expect(broken?.error?.message).toContain('broken on purpose');
      expect(names(app)).not.toContain(toolName('broken', 'never'));
      expect(textOf(await app.call(toolName('echo', 'echo'), { message: 'still here' }))).toBe('still here');
    });

    test('noise on stdout is logged and does not affect calls', { tags: ['plugin-stdout'] }, async () => {
      const app = await open('rude');
      expect(textOf(await app.call(toolName('rude', 'shout')))).toBe('quiet');
      expect(textOf(await app.call(toolName('rude', 'shout')))).toBe('quiet');
      await app.logged('printed at import');
    });

    test('closing leaves no process, even of a plugin that ignores signals', { tags: ['F57'] }, async () => {
      const app = await open('rude');
      const marker = `marker-${Math.random()}`;
      await app.call(toolName('rude', 'spawn'), { marker });
      await until('it is there', () => processesWith(marker).length > 0);
      await app.close();
      await until('the processes are gone', () => processesWith(marker).length === 0, 5000);
    });

    test('a disabled plugin disappears and returns when enabled', async () => {
      const app = await open('echo', 'many');
      const config = (enabled: boolean) => entries({ echo: { fixture: 'echo', keys: { enabled } }, many: { fixture: 'many' } });
      await app.reconfigure(config(false));
      await app.instance.registry.start();
      expect(names(app)).not.toContain(toolName('echo', 'echo'));
      await expect(app.call(toolName('echo', 'echo'), { message: 'x' })).rejects.toMatchObject({ code: 'UNKNOWN_TOOL' });
      await app.reconfigure(config(true));
      await app.instance.registry.whenListed(20_000);
      expect(textOf(await app.call(toolName('echo', 'echo'), { message: 'back' }))).toBe('back');
    });

    test('a replaced plugin finishes its calls', { tags: ['plugin-replaced'] }, async () => {
      const app = await open('slow');
      await app.call(toolName('slow', 'cancelled'));
      const pending = app.call(toolName('slow', 'wait'), { ms: 1000 });
      await new Promise((resolve) => setTimeout(resolve, 100));
      await app.reconfigure(entries({ slow: { fixture: 'slow', keys: { env: { CHANGED: 'yes' } } } }));
      await app.instance.registry.whenListed(20_000);
      expect(textOf(await app.call(toolName('slow', 'cancelled')))).toBe('0');
      expect(textOf(await pending)).toBe('waited');
    });

    test('a call that is cut because its plugin is disabled or replaced says so', {
      tags: ['plugin-stopped'],
      timeout: 60_000,
    }, async () => {
      const short = { limits: { drainMs: 200, stopGraceMs: 300, pluginStopMs: 300 } };
      const config = (keys: object): object => ({ ...entries({ slow: { fixture: 'slow', keys } }), ...short });
      const by = { principal: 'local', transport: 'test' };
      const cuts: Record<string, (app: TestApp) => Promise<void>> = {
        'disabled by an administrator': (app) => app.instance.admin.setEnabled('slow', false, by),
        'restarted by an administrator': (app) => app.instance.admin.restart('slow', by),
        'disabled in the file': (app) => app.reconfigure(config({ enabled: false })),
        'changed in the file': (app) => app.reconfigure(config({ env: { CHANGED: 'yes' } })).then(() => app.instance.registry.start()),
        'closed with the gateway': (app) => app.close(),
      };
      for (const [how, cut] of Object.entries(cuts)) {
        const app = await openListed(config({}));
        await app.call(toolName('slow', 'cancelled'));
        const pending = app.call(toolName('slow', 'wait'), { ms: 60_000 });
        await new Promise((resolve) => setTimeout(resolve, 300));
        await cut(app);
        const result = await pending;
        expect(result.meta?.['plugmux/error'], how).toMatchObject({ code: 'PLUGIN_STOPPED', outcome: 'SENT_NO_REPLY', plugin: 'slow' });
        expect(textOf(result), how).toMatch(how === 'closed with the gateway' ? /shutting down/ : /administrator|replaced/);
      }
    });

    test('the environment contains the configured variables and none of the gateway', { tags: ['T15'] }, async () => {
      process.env.PLUGMUX_TEST_SECRET = 'must not travel';
      try {
        const app = await openListed(entries({ echo: { fixture: 'echo', keys: { env: { PLUGMUX_TEST_NAMED: 'travels' } } } }));
        await app.call(toolName('echo', 'echo'), { message: 'x' });
        expect(processesWith('PLUGMUX_TEST_NAMED=travels').length).toBeGreaterThan(0);
        expect(processesWith('PLUGMUX_TEST_SECRET=must not travel')).toEqual([]);
      } finally {
        delete process.env.PLUGMUX_TEST_SECRET;
      }
    });

    test('the same plugin under another key is renamed everywhere', { tags: ['F46'] }, async () => {
      const app = await openListed(entries({ parrot: { fixture: 'echo' } }));
      expect(await listed(app)).toEqual([toolName('parrot', 'echo')]);
      expect(textOf(await app.call(toolName('parrot', 'echo'), { message: 'hi' }))).toBe('hi');
    });
  });
}
