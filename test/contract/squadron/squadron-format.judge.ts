import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { squadron } from '../../../dist/adapters/squadron/adapter.js';
import { installFolder } from '../../../dist/adapters/squadron/install/home.js';
import { openApp } from '../../support/app.ts';
import { connect } from '../../support/clients.ts';
import { BIN, run, writeConfig } from '../../support/gateway.ts';
import { processesWith, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { withoutGo, withoutPython } from '../../support/toolchains.ts';

// Slow tests of this format: a command-line session, and waits of SDK and pip.

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const GO = join(FIXTURES, 'squadron');
const SNAKE = join(FIXTURES, 'squadron-python/snake');
const SLOW = { timeout: 300_000 };

const withoutNamespaces = (): boolean => spawnSync('unshare', ['--fork', '--pid', '--mount-proc', 'true']).status !== 0;

describe.skipIf(withoutGo())('plugins in Go', SLOW, () => {
  it.skipIf(withoutNamespaces())('keep running under a gateway with process id 1', async () => {
    const mark = `mark-${Math.random()}`;
    const config = writeConfig({ plugins: { echo: { path: join(GO, 'echo'), env: { MARK: mark } } } });
    const args = ['--fork', '--pid', '--mount-proc', process.execPath, BIN, 'stdio', '--config', config];
    const client = await connect('v2 auto', { command: 'unshare', args });
    await until('it is listed', async () => (await client.list()).includes('plugins_echo_echo'), 60_000);
    // This client starts the gateway twice; the second one lists the stored tools.
    await client.call('plugins_echo_echo', { message: 'awake' });
    const running = processesWith(mark);
    expect(running.length).toBeGreaterThan(0);
    // The SDK checks for its parent every five seconds.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    expect(await client.call('plugins_echo_echo', { message: 'alive' })).toMatchObject({ content: [{ type: 'text', text: 'alive' }] });
    expect(processesWith(mark)).toEqual(running);
  });

  it('can be used on the command line', async () => {
    const dir = tempFolder();
    cpSync(join(GO, 'echo'), join(dir, 'src'), { recursive: true });
    const env = { SQUADRON_HOME: join(dir, 'home') };
    const plugin = (...args: string[]) => run(['plugin', ...args], { cwd: dir, env, bin: BIN });
    expect((await plugin('tools', 'bird')).stderr).toContain('no runner.json or plugin binary found in');
    const output = join(installFolder(join(dir, 'home'), 'bird', 'local'), 'plugin');
    expect((await plugin('build', 'bird', './src')).stdout).toBe(
      `Building plugin 'bird' (version: local)...\n  Source: ${join(dir, 'src')}\n  Output: ${output}\n`,
    );
    expect((await plugin('build', 'bird', './src')).stdout).toContain('  Source unchanged — skipping rebuild (');
    expect((await plugin('tools', 'bird')).stdout).toBe("Available tools for plugin 'bird':\n  - echo: Says it back\n");
    expect((await plugin('info', 'bird', 'echo')).stdout).toMatch(
      /^Tool: echo\nDescription: Says it back\nInput schema: \{.*\}\nOutput schema: \{"type":"string"\}\n$/,
    );
    expect(await plugin('call', 'bird', 'echo', '{"message":"hi"}')).toEqual({ code: 0, stdout: 'hi\n', stderr: '' });
    const wrong = await plugin('call', 'bird', 'echo', '{"message":1}');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('plugin call failed: invalid payload for echo')]);
    expect((await plugin('call', 'bird', 'ekko')).stderr).toContain('Did you mean echo');
    expect((await plugin('build', 'bird', '/usr')).stderr).toContain('is outside project root');
    writeFileSync(
      join(dir, 'mcp.json'),
      JSON.stringify({ plugins: { bird: { format: 'squadron', version: 'local', settings: { prefix: 'set: ' } } } }),
    );
    expect((await plugin('call', 'bird', 'echo', '{"message":"hi"}')).stdout).toBe('set: hi\n');
  });
});

describe.skipIf(withoutPython())('plugins in Python', SLOW, () => {
  it("that cannot be installed report pip's output", async () => {
    const dir = tempFolder();
    cpSync(SNAKE, join(dir, 'snail'), { recursive: true });
    const toml = join(dir, 'snail/pyproject.toml');
    writeFileSync(toml, readFileSync(toml, 'utf8').replace('squadron-sdk==0.1.1', 'squadron-sdk==99.0.0'));
    const error = async () => {
      const app = await openApp([squadron], { plugins: { snail: { path: './snail' } } }, dir);
      await app.instance.registry.whenListed(240_000);
      return app.instance.registry.plugins()[0]?.error?.message;
    };
    expect(await error()).toMatch(/plugin "snail": build failed: [\s\S]*squadron-sdk==99\.0\.0/);
    writeFileSync(toml, readFileSync(toml, 'utf8').replace('snake = "snake.main:main"', 'a = "snake.main:main"\nb = "snake.main:main"'));
    expect(await error()).toContain('must have exactly one entry, the program to run; found a, b');
  });
});
