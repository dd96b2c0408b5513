import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { squadron } from '../../../dist/adapters/squadron/adapter.js';
import { installFolder } from '../../../dist/adapters/squadron/install/home.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { connect } from '../../support/clients.ts';
import { BIN, serve, writeConfig } from '../../support/gateway.ts';
import { processesWith, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { withoutGo, withoutPython } from '../../support/toolchains.ts';

// Features of this format only, with real plugins in real processes.

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const GO = join(FIXTURES, 'squadron');
const SNAKE = join(FIXTURES, 'squadron-python/snake');
const BY_HAND = join(FIXTURES, 'squadron-old/by_hand');
const SLOW = { timeout: 300_000 };

async function open(plugins: object, more: object = {}, dir: string = tempFolder()): Promise<TestApp> {
  const app = await openApp([squadron], { plugins, limits: { restartMinMs: 50, stopGraceMs: 500 }, ...more }, dir);
  await app.instance.registry.whenListed(240_000);
  return app;
}

const status = (app: TestApp, id: string) => app.instance.registry.plugins().find((p) => p.id === id);
const names = (app: TestApp): string[] => [...app.instance.registry.catalogue().tools.keys()];
/** A plugin's private folder, from its process's environment. */
const privateFolder = (pid: number): string => /TMPDIR=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1] ?? '';

describe.skipIf(withoutGo())('plugins in Go', SLOW, () => {
  it('written for the old SDK run unchanged', async () => {
    const app = await open({ hand: { path: BY_HAND, settings: { big: 12345678901, on: true }, credentials: { key: 'geheim' } } });
    expect(status(app, 'hand')?.error).toBeUndefined();
    expect(names(app).sort()).toEqual(['fail', 'join', 'panic', 'print', 'settings'].map((n) => `plugins_hand_${n}`));
    expect(textOf(await app.call('plugins_hand_settings'))).toBe('big=12345678901\nkey=geheim\non=true');
    expect(textOf(await app.call('plugins_hand_join', { words: ['a', 'b'] }))).toBe('a b');
    const failed = await app.call('plugins_hand_fail');
    expect([failed.isError, textOf(failed)]).toEqual([true, 'it went wrong']);
    await app.call('plugins_hand_print');
    await until('the line is logged', () => app.lines.some(({ level, message }) => level === 'warn' && message === 'a prefixed line'));
    const fell = await app.call('plugins_hand_panic');
    expect(fell.meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_CRASHED', message: expect.stringContaining('it fell over') });
    await until('it is ready again', () => status(app, 'hand')?.state === 'ready');
    expect(textOf(await app.call('plugins_hand_join', { words: ['still', 'here'] }))).toBe('still here');
  });

  it('may accept recursive types, despite definitions that the SDK drops', async () => {
    const app = await open({ typed: { path: join(GO, 'typed') } });
    const tree = { name: 'root', children: [{ name: 'leaf' }] };
    expect((await app.call('plugins_typed_plant', tree)).structured).toEqual(tree);
  });

  it('may leave struct pointers nil, which their schemas do not mention', async () => {
    const app = await open({ typed: { path: join(GO, 'typed') } });
    const result = await app.call('plugins_typed_sparse');
    expect([result.isError, result.structured]).toEqual([undefined, { name: 'x', data: '', tags: [], more: {} }]);
    expect(app.instance.registry.catalogue().tools.get('plugins_typed_sparse')?.output).toMatchObject({
      required: ['name', 'data', 'tags', 'more'],
    });
  });

  it('that reject their settings, or have empty ones, report that', async () => {
    const app = await open({
      hand: { path: BY_HAND, settings: { refuse: 'yes' } },
      echo: { path: join(GO, 'echo'), settings: { prefix: '' } },
    });
    expect(status(app, 'hand')?.error?.message).toBe(
      'The plugin failed in the stage "configure": The plugin failed to configure: these settings are refused',
    );
    expect(status(app, 'echo')?.error?.message).toContain('settings [prefix] are empty');
  });

  it('use an encrypted connection if configured', async () => {
    const app = await open({ echo: { path: join(GO, 'echo'), autoMtls: true }, hand: { path: BY_HAND, autoMtls: true } });
    expect(textOf(await app.call('plugins_echo_echo', { message: 'secret' }))).toBe('secret');
    expect(textOf(await app.call('plugins_hand_join', { words: ['a'] }))).toBe('a');
  });

  it('reject arguments over 4 MiB before sending', async () => {
    const app = await open({ echo: { path: join(GO, 'echo') } });
    const result = await app.call('plugins_echo_echo', { message: 'x'.repeat(4_200_000) });
    expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'MESSAGE_TOO_LARGE', outcome: 'NOT_SENT' });
    expect(textOf(await app.call('plugins_echo_echo', { message: 'x' }))).toBe('x');
  });

  it('that are already built run unchanged, with or without a runner.json', async () => {
    const home = process.env.SQUADRON_HOME as string;
    const [built, bare] = ['built', 'bare'].map((name) => installFolder(home, name, 'local')) as [string, string];
    for (const dir of [built, bare]) mkdirSync(dir, { recursive: true });
    spawnSync('go', ['build', '-o', join(built, 'program'), '.'], { cwd: join(GO, 'echo'), stdio: 'inherit' });
    cpSync(join(built, 'program'), join(bare, 'plugin'));
    writeFileSync(join(built, 'runner.json'), '{"kind":"go","entry":"program","args":["--ignored"]}');
    const app = await open({
      built: { format: 'squadron', version: 'local' },
      bare: { format: 'squadron', version: 'local' },
      none: { format: 'squadron', version: 'local' },
    });
    for (const name of ['built', 'bare']) expect(textOf(await app.call(`plugins_${name}_echo`, { message: name }))).toBe(name);
    expect(status(app, 'none')?.error).toMatchObject({
      code: 'ENTRY_NOT_FOUND',
      message: expect.stringContaining('no runner.json or plugin binary found in'),
    });
  });

  it('are rebuilt when their source changes, and a failed build reports the cause', async () => {
    const dir = tempFolder();
    cpSync(join(GO, 'echo'), join(dir, 'plugin_live'), { recursive: true });
    const main = join(dir, 'plugin_live/main.go');
    const config = { plugins: { live: { format: 'squadron', source: './plugin_live', version: 'local' } } };
    const app = await open(config.plugins, {}, dir);
    expect(textOf(await app.call('plugins_live_echo', { message: 'one' }))).toBe('one');
    const source = readFileSync(main, 'utf8');
    writeFileSync(main, source.replace('return prefix + in.Message', 'return "new " + prefix + in.Message'));
    await app.reconfigure(config);
    // The list keeps its tools during the build.
    expect(names(app)).toContain('plugins_live_echo');
    expect(textOf(await app.call('plugins_live_echo', { message: 'two' }))).toBe('new two');
    writeFileSync(main, `${source}\nthis is no Go`);
    await app.reconfigure(config);
    await app.instance.registry.start();
    expect(status(app, 'live')).toMatchObject({
      state: 'failed',
      error: { message: expect.stringMatching(/plugin "live": build failed: [\s\S]*main\.go:\d+/) },
    });
  });

  it('are declared in files: plugins, tools on top of their tools, selections of both', async () => {
    const dir = tempFolder();
    cpSync(join(GO, 'echo'), join(dir, 'squad/src/plugin_echo'), { recursive: true });
    const hcl = `
      variable "greeting" { default = "Hello" }
      plugin "parrot" {
        source  = "@/src/plugin_echo"
        version = "local"
        settings { prefix = "\${vars.greeting}: " }
      }
      plugin "outside" {
        source  = "../../../etc"
        version = "local"
      }
      tool "greet" {
        implements  = plugins.parrot.echo
        description = "Greets somebody"
        inputs {
          field "who" {
            type     = "string"
            required = true
          }
          field "loud" { type = boolean }
        }
        message = "\${inputs.who}!"
        loud    = inputs.loud
      }
      tool "fixed" {
        implements = plugins.parrot.echo
        message    = "always this"
      }
      tool "second" {
        implements = plugins.parrot.echo
        inputs     = { people = array("who is there", true) }
        message    = inputs.people[1]["name"]
      }
      tool "lost" { implements = builtins.http.get }
      agent "x" { tools = [plugins.parrot.all] }`;
    mkdirSync(join(dir, 'squad/deep'), { recursive: true });
    writeFileSync(join(dir, 'squad/deep/squad.hcl'), hcl);
    const profiles = { some: { tools: ['plugins.parrot.echo'] }, all: { tools: ['plugins.parrot.all', 'tools.greet'] } };
    const plugins = { squad: { format: 'squadron', path: './squad', vars: { greeting: 'Hi' } } };
    const app = await open(plugins, { profiles }, dir);
    expect(status(app, 'outside')?.error?.message).toContain('escapes the project root');
    expect(textOf(await app.call('plugins_parrot_echo', { message: 'x' }))).toBe('Hi: x');
    expect(textOf(await app.call('tools_greet', { who: 'Ann', loud: true }))).toBe('Hi: ANN!');
    expect(textOf(await app.call('tools_greet', { who: 'Ann' }))).toBe('Hi: Ann!');
    expect(textOf(await app.call('tools_second', { people: [{ name: 'Ann' }, { name: 'Bob' }] }))).toBe('Hi: Bob');
    expect((await app.call('tools_second', { people: [] })).meta?.['plugmux/error']).toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('unknown member 1'),
    });
    expect(textOf(await app.call('tools_fixed'))).toBe('Hi: always this');
    expect((await app.call('tools_greet', {})).meta?.['plugmux/error']).toMatchObject({ code: 'ARGUMENTS_INVALID' });
    const messages = status(app, 'squad')
      ?.problems.map((p) => p.message)
      .join('\n');
    expect(messages).toContain('builtins.http.get');
    const seen = (profile: string) => [...app.instance.gateway.view({ ...app.newCall().caller, profile }).tools.keys()].sort();
    expect(seen('some')).toEqual(['plugins_parrot_echo']);
    expect(seen('all')).toEqual(['plugins_parrot_echo', 'tools_greet']);
    // Only a parameter differs.
    writeFileSync(join(dir, 'squad/deep/squad.hcl'), hcl.replace('"always this"', '"now that"'));
    await app.reconfigure({ plugins, profiles, limits: { restartMinMs: 50, stopGraceMs: 500 } });
    await until('it is taken over', async () => textOf(await app.call('tools_fixed')) === 'Hi: now that');
  });

  it('are called by clients of both eras, and leave no process when the gateway is killed', async () => {
    const config = writeConfig({ plugins: { rude: { path: join(GO, 'rude') }, echo: { path: join(GO, 'echo') } } });
    const gateway = await serve(config, { bin: BIN });
    for (const era of ['v1', 'v2 auto'] as const) {
      const client = await connect(era, { url: gateway.url });
      await until('it is listed', async () => (await client.list()).includes('plugins_rude_shout'), 60_000);
      expect(await client.call('plugins_echo_echo', { message: era })).toMatchObject({ content: [{ type: 'text', text: era }] });
    }
    const marker = `marker-${Math.random()}`;
    await (await connect('v2 auto', { url: gateway.url })).call('plugins_rude_spawn', { marker });
    expect(processesWith(marker)).toHaveLength(1);
    const folder = privateFolder(processesWith(marker)[0] as number);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await gateway.stop('SIGKILL');
    await until('everything is gone', () => processesWith(marker).length === 0 && !existsSync(folder), 20_000);
  });

  it('without their toolchain are unavailable, with the fix; the others serve', async () => {
    const dir = tempFolder();
    cpSync(join(GO, 'echo'), join(dir, 'lonely'), { recursive: true });
    cpSync(SNAKE, join(dir, 'snakeless'), { recursive: true });
    const env = { PATH: dir };
    const app = await open(
      { lonely: { path: './lonely', env }, snakeless: { path: './snakeless', env }, echo: { path: join(GO, 'echo') } },
      {},
      dir,
    );
    expect(status(app, 'lonely')).toMatchObject({
      state: 'failed',
      error: { code: 'DEPENDENCY_MISSING', fix: expect.stringContaining('Install Go') },
    });
    expect(status(app, 'snakeless')).toMatchObject({
      state: 'failed',
      error: { code: 'DEPENDENCY_MISSING', fix: expect.stringContaining('python3') },
    });
    expect(textOf(await app.call('plugins_echo_echo', { message: 'here' }))).toBe('here');
  });
});

describe.skipIf(withoutPython())('plugins in Python', SLOW, () => {
  it('run unchanged: schemas, models, images, errors, prints', async () => {
    const app = await open({ snake: { path: SNAKE, settings: { prefix: '> ' } } });
    expect(status(app, 'snake')?.error).toBeUndefined();
    expect(textOf(await app.call('plugins_snake_echo', { message: 'hi', loud: true }))).toBe('> HI');
    const sum = await app.call('plugins_snake_add', { numbers: [1, 2], mode: 'double' });
    expect(sum.structured).toEqual({ total: 6, of: [1, 2] });
    expect(app.instance.registry.catalogue().tools.get('plugins_snake_add')?.tool).toMatchObject({
      input: { properties: { mode: { enum: ['plain', 'double'], default: 'plain' } }, required: ['numbers'] },
      output: { type: 'object' },
    });
    const failed = await app.call('plugins_snake_raises', { text: 'line one\n  line two' });
    expect([failed.isError, textOf(failed)]).toEqual([true, 'RuntimeError: line one\n  line two']);
    const errors = await Promise.all(Array.from({ length: 5 }, (_, i) => app.call('plugins_snake_raises', { text: `number ${i}` })));
    expect(errors.map(textOf).sort()).toEqual(Array.from({ length: 5 }, (_, i) => `RuntimeError: number ${i}`));
    expect(textOf(await app.call('plugins_snake_late'))).toBe('TimeoutError: it took too long');
    expect((await app.call('plugins_snake_screenshot')).content).toEqual([
      expect.objectContaining({ type: 'image', mimeType: 'image/png' }),
    ]);
    expect((await app.call('plugins_snake_screenshot', { form: 'uri' })).content).toHaveLength(2);
    expect(textOf(await app.call('plugins_snake_shout'))).toBe('quiet');
    await app.logged('printed at import');
  });

  it('are cancelled, kept while busy, killed after the oldest deadline, restarted after a crash', async () => {
    const limits = { callTimeoutMs: { plugins_snake_block: 4000, '*': 1500 } };
    const app = await open({ snake: { path: SNAKE, limits } }, { limits: { restartMinMs: 50, unresponsiveMs: 1500, stopGraceMs: 500 } });
    const late = await app.call('plugins_snake_wait', { ms: 60_000 });
    expect(late.meta?.['plugmux/error']).toMatchObject({ code: 'CALL_TIMEOUT' });
    await until('the cancellation arrives', async () => textOf(await app.call('plugins_snake_cancelled')) === '1');
    // A blocking call delays the others and ends at its own deadline.
    const blocked = app.call('plugins_snake_block', { ms: 3000 });
    expect((await app.call('plugins_snake_cancelled')).meta?.['plugmux/error']).toMatchObject({ code: 'CALL_TIMEOUT' });
    expect(textOf(await blocked)).toBe('blocked');
    expect(textOf(await app.call('plugins_snake_cancelled'))).toBe('1');
    expect((await app.call('plugins_snake_block', { ms: 60_000 })).meta?.['plugmux/error']).toMatchObject({ code: 'CALL_TIMEOUT' });
    await until('it was started anew', async () => textOf(await app.call('plugins_snake_cancelled')) === '0', 20_000);
    const crashed = await app.call('plugins_snake_crash');
    expect(crashed.meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_CRASHED', message: expect.stringContaining('code 9') });
    await until('it is back', async () => textOf(await app.call('plugins_snake_cancelled')) === '0', 20_000);
  });

  it('use an encrypted connection, and leave no key behind', async () => {
    const mark = `mark-${Math.random()}`;
    const app = await open({ snake: { path: SNAKE, autoMtls: true, env: { MARK: mark } } });
    expect(textOf(await app.call('plugins_snake_echo', { message: 'secret' }))).toBe('secret');
    const folder = privateFolder(processesWith(mark)[0] as number);
    expect(readdirSync(folder).some((name) => name.endsWith('.pem'))).toBe(true);
    await app.close();
    expect(existsSync(folder)).toBe(false);
  });

  it('are built with a Python that is only named `python`', async () => {
    const dir = tempFolder();
    cpSync(SNAKE, join(dir, 'snake'), { recursive: true });
    mkdirSync(join(dir, 'bin'));
    const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
    writeFileSync(join(dir, 'bin/python'), `#!/bin/sh\nexec ${stdout.trim()} "$@"\n`, { mode: 0o755 });
    const app = await open({ snake: { path: './snake', env: { PATH: join(dir, 'bin') } } }, {}, dir);
    expect(textOf(await app.call('plugins_snake_echo', { message: 'here' }))).toBe('here');
  });
});
