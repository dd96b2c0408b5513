import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BIN, run, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

/** These tests check output, not start times. */
const PATIENT = { firstListMs: 100_000 };

function project(config: object = { pluginFolders: ['./plugins'], limits: PATIENT }): string {
  const dir = tempFolder();
  mkdirSync(join(dir, 'plugins'));
  writePlugin(join(dir, 'plugins'), 'good', {
    'index.ts': 'export const handlers = { run: ({ fail }) => (fail ? { error: "as asked" } : { ok: true }) };',
  });
  writePlugin(join(dir, 'plugins'), 'lacking', { 'index.ts': `import x from 'absent-package'; export const handlers = { run: () => x };` });
  writePlugin(
    join(dir, 'plugins'),
    'waiting',
    { 'index.ts': 'export const handlers = { run: () => 1 };' },
    { credentials: [{ name: 'token', required: true }] },
  );
  mkdirSync(join(dir, 'plugins/garbled'));
  writeFileSync(join(dir, 'plugins/garbled/manifest.json'), '{"id": ');
  writeFileSync(join(dir, 'plugins/garbled/index.ts'), '');
  writeFileSync(join(dir, 'mcp.json'), JSON.stringify(config));
  return dir;
}

describe('plugmux list', () => {
  it('lists plugins with their state, tools and what is missing', async () => {
    const { code, stdout, stderr } = await run(['list'], { cwd: project() });
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^garbled {2}failed {2}.*manifest\.json cannot be read/m);
    expect(stdout).toMatch(/^good {2}talos {2}1\.0\.0 {2}ready\n {2}good_run {2}Runs$/m);
    expect(stdout).toMatch(/^waiting {2}talos {2}1\.0\.0 {2}needs-config {2}set token$/m);
  });

  it('reports faults of the state folder', async () => {
    const cwd = project({ pluginFolders: ['./plugins'], state: './mcp.json' });
    const { stdout, stderr } = await run(['list'], { cwd });
    const fault = `The store ${cwd}/mcp.json/state.db cannot be used: a part of its path is not a folder.`;
    expect(stdout).toContain(
      `good  talos  1.0.0  disabled  It counts as disabled, since the decisions of administrators cannot be read: ${fault}`,
    );
    expect(stderr).toContain(fault);
  });

  it('prints only JSON if requested', async () => {
    const { stdout } = await run(['list', '--json'], { cwd: project() });
    expect((JSON.parse(stdout) as { id: string; state: string }[]).map((p) => [p.id, p.state])).toEqual([
      ['garbled', 'failed'],
      ['good', 'ready'],
      ['lacking', 'failed'],
      ['waiting', 'needs-config'],
    ]);
  });
});

describe('plugmux info', () => {
  it('shows a plugin, and a tool by any of its names', async () => {
    const cwd = project();
    expect(JSON.parse((await run(['info', 'good', '--json'], { cwd })).stdout)).toMatchObject({
      id: 'good',
      format: 'talos',
      tools: ['good_run'],
    });
    for (const name of ['run', 'good_run'])
      expect(JSON.parse((await run(['info', 'good', name, '--json'], { cwd })).stdout)).toMatchObject({
        name: 'good_run',
        timeoutMs: 120_000,
        timeoutFrom: 'the default of talos',
      });
  });

  it('offers the nearest name on a typo', async () => {
    const cwd = project();
    expect(await run(['info', 'god'], { cwd })).toMatchObject({
      code: 2,
      stderr: 'plugmux: There is no plugin "god". Did you mean good?\n',
    });
    expect(await run(['info', 'good', 'rum'], { cwd })).toMatchObject({
      code: 2,
      stderr: 'plugmux: Plugin good has no tool "rum". Did you mean run?\n',
    });
  });
});

describe('plugmux call', () => {
  it('prints the result, and fails if the tool failed', async () => {
    const cwd = project();
    expect(await run(['call', 'good_run', '{}'], { cwd })).toEqual({ code: 0, stdout: '{"ok":true}\n', stderr: '' });
    expect(await run(['call', 'good_run', '{"fail":true}'], { cwd })).toEqual({ code: 1, stdout: 'as asked\n', stderr: '' });
    expect(JSON.parse((await run(['call', 'good_run', '--json'], { cwd })).stdout)).toMatchObject({ structured: { ok: true } });
  });

  it('rejects misuse with a fix', async () => {
    const cwd = project();
    expect(await run(['call', 'good_rum'], { cwd })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean good_run?'),
    });
    expect(await run(['call', 'good_run', '{'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('not JSON') });
    expect(await run(['call', 'good_run', '[]'], { cwd })).toMatchObject({ code: 2 });
    expect(await run(['call', 'lacking_run'], { cwd })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('It needs absent-package'),
    });
    expect(await run(['cal'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean call?') });
  });
});

describe('skipped servers', () => {
  it.each(['list', 'doctor'])('are named by plugmux %s, with their locations', { tags: ['T21'] }, async (command) => {
    const cwd = project({ plugins: {}, mcpServers: { lost: null, self: { command: 'plugmux' }, odd: {} }, servers: null });
    const plain = await run([command], { cwd });
    const json = await run([command, '--json'], { cwd });
    const told = command === 'list' ? json.stderr : json.stdout;
    for (const words of [
      /mcpServers\.lost must be .* The server is skipped/,
      /"self" starts plugmux itself/,
      /"odd.* has neither/,
      /servers is null/,
    ]) {
      expect(plain.stdout).toMatch(words);
      expect(told.replaceAll('\\"', '"')).toMatch(words);
    }
    expect(() => JSON.parse(json.stdout)).not.toThrow();
  });

  it('are named by a command about one of them', { tags: ['T21'] }, async () => {
    const cwd = project({ plugins: {}, mcpServers: { lost: null, self: { command: 'plugmux' } } });
    for (const [command, id, why] of [
      ['info', 'lost', 'mcpServers.lost must be'],
      ['enable', 'self', 'starts plugmux itself'],
      ['expose', 'lost', 'mcpServers.lost must be'],
      ['command', 'self', 'starts plugmux itself'],
    ] as const)
      expect(await run([command, id], { cwd })).toMatchObject({ code: 2, stderr: expect.stringMatching(`"${id}" is left out: .*${why}`) });
  });
});

describe('plugmux doctor', () => {
  it('explains every plugin: state, cause and fix', { tags: ['F44', 'F43'] }, async () => {
    const cwd = project({ pluginFolders: ['./plugins', './absent'], profiles: { p: { tools: ['nothing_*', 'good_*'] } } });
    for (const name of ['strange', 'odd', '_shared', '.hidden']) mkdirSync(join(cwd, 'plugins', name));
    const { code, stdout } = await run(['doctor'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok {6}good {2}\(talos, dialect source\)/m);
    expect(stdout).toMatch(
      /^FAILED {2}lacking .*\n {10}It needs absent-package \(not installed\)\.\n {10}-> npm install --ignore-scripts --prefix .*lacking absent-package$/m,
    );
    expect(stdout).toMatch(/^FAILED {2}garbled /m);
    expect(stdout).toMatch(/^FAILED {2}absent .*\n {10}The plugin folder .*absent cannot be read: it does not exist\./m);
    expect(stdout).toMatch(/^todo {4}waiting .*\n {10}token: "token" is required and not set/m);
    expect(stdout.match(/^note: .*$/gm)).toEqual([
      'note: the rule profiles.p.tools: nothing_* matches nothing',
      `note: no adapter recognizes a plugin in ${['odd', 'strange'].map((name) => join(cwd, 'plugins', name)).join(', ')}`,
    ]);
  });
});

describe('plugmux limits', () => {
  it('prints every limit with its value and its source', { tags: ['limits-printed'] }, async () => {
    const cwd = project({ limits: { calls: 7 }, plugins: { good: { path: './plugins/good', limits: { callTimeoutMs: { run: 5 } } } } });
    const { code, stdout } = await run(['limits'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^calls +7 +count +mcp\.json:1:\d+ +calls in flight in total$/m);
    expect(stdout).toMatch(/^callTimeoutMs of talos +120000 +ms +the default of talos /m);
    expect(stdout).toMatch(/^messageBytes +4194304 +bytes +default /m);
    expect(stdout).toMatch(/^plugins\.good\.callTimeoutMs +\{"run":5\} +mcp\.json:1:\d+/m);
  });
});

describe('limits.callTimeoutMs', () => {
  it('applies to formats with their own default, and is printed with its source', { tags: ['call-limits'] }, async () => {
    const cwd = project({ limits: { callTimeoutMs: 700 }, plugins: { good: { path: './plugins/good' } } });
    expect((await run(['limits'], { cwd })).stdout).toMatch(/^callTimeoutMs of talos +700 +ms +mcp\.json:1:\d+ /m);
    const { timeoutMs, timeoutFrom } = JSON.parse((await run(['info', 'good', 'run', '--json'], { cwd })).stdout);
    expect([timeoutMs, timeoutFrom]).toEqual([700, expect.stringMatching(/^mcp\.json:1:\d+$/)]);
    const own = project({
      limits: { callTimeoutMs: 700 },
      plugins: { good: { path: './plugins/good', limits: { callTimeoutMs: { r: 1, '*': 900 } } } },
    });
    expect(JSON.parse((await run(['info', 'good', 'run', '--json'], { cwd: own })).stdout)).toMatchObject({ timeoutMs: 900 });
  });
});

describe('plugmux init', () => {
  it('writes a configuration that serves the plugins of the package, and overwrites nothing', async () => {
    const cwd = tempFolder();
    expect(await run(['init'], { cwd })).toMatchObject({ code: 0 });
    const config = JSON.parse(readFileSync(join(cwd, 'mcp.json'), 'utf8')) as { $schema: string };
    expect(existsSync(join(cwd, config.$schema))).toBe(true);
    expect((await run(['list'], { cwd })).stdout).toContain('notes_write');
    expect(await run(['init'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('exists already') });
  });
});

describe('plugmux serve', () => {
  it('shows which plugins do not serve, and logs the reason', { tags: ['first-screen'], timeout: 120_000 }, async () => {
    const file = join(project({ pluginFolders: ['./plugins'], listen: { http: '127.0.0.1:0' }, limits: PATIENT }), 'mcp.json');
    const gateway = await serve(file, { bin: BIN });
    await until('the broken plugins are reported', () =>
      ['garbled', 'lacking'].every((id) => new RegExp(`"plugin:${id}","message":"It is not served: `).test(gateway.stderr())),
    );
    const child = spawn(process.execPath, [BIN, 'serve', '--config', file]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    await until('the addresses are printed', () => out.includes('stdio --config'), 100_000);
    expect(out).toMatch(/^plugmux serves \d tools of \d plugins?\n\nplugin +format +tools +state\n/);
    expect(out).toMatch(/^garbled +0 {2}failed\n {2}.*manifest\.json cannot be read.* -> Make it valid JSON\.$/m);
    expect(out).toMatch(/^lacking +talos +0 {2}failed\n {2}It needs absent-package \(not installed\)\. -> npm install .* absent-package$/m);
    expect(out).toMatch(/^waiting +talos +0 {2}needs-config\n {2}It needs token -> Set "plugins": \{ "waiting": .*\n\n/m);
  });

  it('shows the other plugins without waiting for one that never starts', {
    tags: ['first-screen'],
    timeout: 120_000,
  }, async () => {
    const dir = tempFolder();
    writePlugin(join(dir, 'plugins'), 'late', {
      'index.ts': 'export const init = () => new Promise(() => setInterval(() => undefined, 1000));',
    });
    const file = writeConfig({ pluginFolders: ['./plugins'], limits: { firstListMs: 500, startTimeoutMs: 600_000 } }, [], dir);
    const child = spawn(process.execPath, [BIN, 'serve', '--http', '127.0.0.1:0', '--config', file], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    await until('the addresses are printed', () => out.includes('stdio --config'), 100_000);
    expect(out).toMatch(/^late +talos +0 {2}opening\n {2}It is still starting.* -> `plugmux doctor`/m);
  });
});

describe('every command', () => {
  it.each([['list'], ['info', 'good'], ['call', 'good_run'], ['approvals'], ['export', 'openai']])(
    '%s reports an unknown profile',
    async (...args) => {
      expect(await run([...args, '--profile', 'defalt'], { cwd: project() })).toMatchObject({
        code: 2,
        stderr: 'plugmux: There is no profile "defalt". Did you mean default?\n',
      });
    },
  );

  it.each(['serve', 'stdio', 'list', 'info', 'call', 'doctor', 'limits', 'init', 'schema', 'approvals', 'export'])(
    '%s has --help and --config',
    async (command) => {
      const { code, stdout } = await run([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('--config <file>');
    },
  );

  it('reports faults of the configuration, and exits with 2', { tags: ['F72'] }, async () => {
    const cwd = tempFolder();
    expect(await run(['list'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('plugmux init') });
    writeFileSync(join(cwd, 'mcp.json'), '{"pluginFolder": []}');
    expect(await run(['serve'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('mcp.json:1:2: unknown key "pluginFolder". Did you mean pluginFolders'),
    });
    for (const args of [['list'], ['plugin', 'tools', 'x']]) {
      expect(await run([...args, '--log-level', 'loud'], { cwd })).toMatchObject({
        code: 2,
        stderr: 'plugmux: There is no log level "loud". Use debug, info, warn, error or silent.\n',
      });
    }
  });

  it('names the reason if it cannot write its output file', async () => {
    const cwd = tempFolder();
    for (const args of [
      ['init', '--config', 'none/mcp.json'],
      ['schema', '--out', 'none/schema.json'],
    ]) {
      expect(await run(args, { cwd })).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^plugmux: The folder .*none does not exist\. Create it/),
      });
    }
    expect(await run(['schema', '--out', '.'], { cwd })).toMatchObject({
      code: 2,
      stderr: 'plugmux: . cannot be written: it is a folder. Name another file.\n',
    });
  });

  it('ends silently if its output is closed, and reports output that cannot be written', {
    tags: ['output-unwritable'],
  }, async () => {
    const config = writeConfig({});
    const shell = (line: string) =>
      new Promise<string>((resolve) => {
        execFile('bash', ['-c', line.replace('PLUGMUX', `"${process.execPath}" "${BIN}"`)], (_, stdout, stderr) =>
          resolve(stdout + stderr),
        );
      });
    expect(await shell(`(PLUGMUX limits --config "${config}"; echo "code $?" >&2) | true`)).toBe('code 0\n');
    const full = await shell(`PLUGMUX limits --config "${config}" > /dev/full; echo "code $?"`);
    expect(full).toMatch(/^code 1\nplugmux: Standard output cannot be written: ENOSPC[^\n]*\n$/);
  });

  it('never reads ./mcp.json for stdio, which clients start in any folder', async () => {
    const cwd = project();
    expect(await run(['stdio'], { cwd, env: { HOME: cwd, XDG_CONFIG_HOME: join(cwd, 'none') } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No configuration file found'),
    });
  });

  it('refuses to start inside a plugin of a plugin', async () => {
    expect(await run(['list'], { cwd: project(), env: { PLUGMUX_DEPTH: '3' } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('would never end'),
    });
  });

  it('rejects an address other than loopback without a login', { tags: ['F73', 'T21'] }, async () => {
    const cwd = project({ listen: { http: '0.0.0.0:0' } });
    expect(await run(['serve'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('without a token') });
  });
});
