import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adapters } from '../../dist/adapters/index.js';
import { readDeclarations } from '../../dist/adapters/squadron/hcl/declarations.js';
import { readProject } from '../../dist/adapters/squadron/hcl/project.js';
import { loadConfig } from '../../dist/src/config/load.js';
import { connect } from '../support/clients.ts';
import { BIN, run, serve } from '../support/gateway.ts';
import { hasPython } from '../support/python.ts';
import { tempFolder } from '../support/temp.ts';
import { withoutGo, withoutPython } from '../support/toolchains.ts';

// Every snippet of README is run, or read by the code that would read it.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

interface Snippet {
  readonly language: string;
  readonly name: string;
  readonly text: string;
}

const SNIPPETS: readonly Snippet[] = [...README.matchAll(/^```(\w+)[ ]?(.*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', name = '', text = '']) => ({ language, name, text }),
);
const shell = SNIPPETS.filter((s) => s.language === 'sh').map((s) => s.text);

/** A project of its own with README's own plugin in it. */
function project(): string {
  const dir = tempFolder();
  for (const { name, text } of SNIPPETS.filter((s) => s.name.startsWith('plugins/'))) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  // Without those that are built first: a first list waits for all, however long a start takes.
  cpSync(join(ROOT, 'plugins'), join(dir, 'plugins'), { recursive: true, filter: (path) => !/\/plugins\/(clock|figures)$/.test(path) });
  writeFileSync(join(dir, 'mcp.json'), '{"pluginFolders":["./plugins"],"limits":{"firstListMs":100000}}');
  return dir;
}

/** Runs shell lines with `plugmux` meaning the built command and `claude` writing down how it was called. */
function runShell(text: string, cwd: string) {
  const words = `plugmux() { ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} "$@"; }\nclaude() { printf '%s\\n' "$@" > claude-args; }\n`;
  // With a socket for its input bash takes itself for a remote shell and reads what the machine has set up for those.
  return spawnSync('bash', ['--norc', '-euc', words + text], { cwd, encoding: 'utf8' });
}

/** What `serve` prints before it is asked for anything. */
async function firstScreen(config: string): Promise<string> {
  const child = spawn(process.execPath, [BIN, 'serve', '--http', '127.0.0.1:0', '--config', config], {
    env: { ...process.env, PLUGMUX_STATE: tempFolder() },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill());
  let stdout = '';
  for await (const chunk of child.stdout) {
    stdout += String(chunk);
    if (stdout.includes('stdio --config')) break;
  }
  return stdout;
}

describe('README', () => {
  it('has no snippet that nobody runs', () => {
    const kinds = SNIPPETS.map((s) => `${s.language} ${s.name}`.trim());
    expect(kinds).toEqual([
      'sh',
      'text',
      'sh',
      'json client',
      'json client',
      'sh',
      'json mcp.json',
      'json jaato.json',
      'json scaiwave.json',
      'json servers.json',
      'json plugins/dice/manifest.json',
      'ts plugins/dice/index.ts',
      'sh',
      'json ethos.json',
      'json squadron',
      'hcl squad/squad.hcl',
    ]);
    // The first one is the clean clone's, which .ci/run does.
    expect(shell[0]).toBe('npm ci\nnpm start\n');
  });

  it.skipIf(!hasPython && process.env.CI !== 'true')(
    'shows what npm start prints (with Python)',
    { tags: ['first-screen'], timeout: 400_000 },
    async () => {
      const shown = SNIPPETS.find((s) => s.language === 'text')?.text ?? '';
      const config = JSON.parse(readFileSync(join(ROOT, 'mcp.json'), 'utf8'));
      // Plugins that are built first take as long as that takes; the screen waits for them here.
      const own = { ...config, $schema: undefined, pluginFolders: [join(ROOT, 'plugins')], limits: { firstListMs: 390_000 } };
      const file = join(tempFolder(), 'mcp.json');
      writeFileSync(file, JSON.stringify(own));
      const stdout = await firstScreen(file);
      const withoutBuilds = (text: string): string =>
        text
          .replace(/serves \d+ tools of \d+ plugins/, 'serves N tools of N plugins')
          .replace(/^(\w+ +squadron) .*\n(?: {2}.*\n)?/gm, '$1\n');
      const generic = (text: string): string =>
        ((withoutGo() ?? withoutPython()) ? withoutBuilds : (all: string) => all)(text)
          .trim()
          .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')
          .replace(/ node …\/dist| \S*node \S*\/dist/g, ' NODE/dist')
          .replace(/--config \S+mcp\.json/g, '--config FILE');
      expect(generic(stdout)).toBe(generic(shown));
    },
  );

  it('connects a client by the line for Claude Code', { timeout: 120_000 }, async () => {
    const cwd = project();
    const { status, stderr } = runShell(shell[1] as string, cwd);
    expect([status, stderr]).toEqual([0, '']);
    const words = readFileSync(join(cwd, 'claude-args'), 'utf8').trim().split('\n');
    expect(words.slice(0, 5)).toEqual(['mcp', 'add', 'plugmux', '--', 'plugmux']);
    const client = await connect('v1', { command: process.execPath, args: [BIN, ...words.slice(5)] });
    expect(await client.list()).toContain('dice_roll');
  });

  it.each(SNIPPETS.filter((s) => s.name === 'client').map((s) => [s.text]))(
    'connects a client by its JSON: %.60s',
    { timeout: 120_000 },
    async (text) => {
      const cwd = project();
      const { plugmux } = (JSON.parse(text) as { mcpServers: { plugmux: { command?: string; args?: string[]; httpUrl?: string } } })
        .mcpServers;
      if (plugmux.httpUrl !== undefined) {
        const gateway = await serve(join(cwd, 'mcp.json'), { bin: BIN });
        expect(new URL(plugmux.httpUrl).pathname).toBe(new URL(gateway.url).pathname);
        expect(await (await connect('v2 auto', { url: gateway.url })).list()).toContain('dice_roll');
        return;
      }
      const args =
        plugmux.args?.map((arg) => arg.replace('/path/to/clone', ROOT).replace('/path/to/mcp.json', join(cwd, 'mcp.json'))) ?? [];
      const client = await connect('v2 auto', { command: plugmux.command as string, args });
      expect(await client.list()).toContain('dice_roll');
    },
  );

  // doctor fails where a plugin cannot run.
  it.skipIf(!hasPython && process.env.CI !== 'true')(
    'runs its commands (with Python)',
    () => {
      const { status, stdout, stderr } = runShell(shell[2] as string, tempFolder());
      // The examples in Go and Python need their toolchains; the others serve without.
      expect([status, stderr]).toEqual([(withoutGo() ?? withoutPython()) ? 1 : 0, '']);
      expect(stdout).toContain('Wrote garden.md');
      expect(stdout).toContain('Sow in March.');
      expect(stdout).toMatch(/^ok +agenda/m);
    },
    400_000,
  );

  it('shows Squadron plugins that can be declared', () => {
    const dir = tempFolder();
    for (const { name, text } of SNIPPETS.filter((s) => s.name.endsWith('.hcl'))) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    writeFileSync(join(dir, 'mcp.json'), SNIPPETS.find((s) => s.name === 'squadron')?.text ?? '');
    const config = loadConfig(join(dir, 'mcp.json'), adapters, {});
    const declared = readDeclarations(readProject(join(dir, 'squad')), { token: 'geheim' });
    expect(declared.plugins).toEqual([expect.objectContaining({ name: 'mail', settings: { token: 'geheim' } })]);
    expect([...config.plugins.keys()]).toEqual(['shell', 'browser', 'built', 'squad']);
    expect(declared.tools).toEqual([expect.objectContaining({ name: 'greet', implements: ['plugins', 'mail', 'send'] })]);
  });

  it.each([
    ['mcp.json', ['notes', 'mail']],
    ['ethos.json', ['charts']],
    ['jaato.json', ['planner', 'several', 'installed', 'charts', 'guard']],
    ['scaiwave.json', ['greeter']],
  ])('shows a configuration that can be read: %s', (name, ids) => {
    const dir = tempFolder();
    writeFileSync(join(dir, name), SNIPPETS.find((s) => s.name === name)?.text ?? '');
    const config = loadConfig(join(dir, name), adapters, {});
    expect([...config.plugins.keys()]).toEqual(ids);
    expect(config.warnings).toEqual([]);
  });

  it('shows upstream servers that can be read', () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'servers.json'), SNIPPETS.find((s) => s.name === 'servers.json')?.text ?? '');
    const config = loadConfig(join(dir, 'servers.json'), adapters, {});
    expect([...config.upstreams.keys()]).toEqual(['memory', 'issues', 'search', 'lab']);
    expect([...config.upstreams.values()].map(({ fault }) => fault)).toEqual([undefined, undefined, undefined, undefined]);
    expect(config.plugins.get('search')?.approval).toEqual({ 'delete_*': 'deny' });
    expect(config.plugins.get('lab')?.enabled).toBe(false);
  });

  it('shows a plugin that works as it stands', { timeout: 120_000 }, async () => {
    const cwd = project();
    const { status, stdout } = runShell(shell[3] as string, cwd);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rolls: [expect.any(Number), expect.any(Number), expect.any(Number)], sides: 6 });
    expect((await run(['call', 'dice_roll', '{"times":0}'], { cwd })).code).toBe(1);
  });

  it('names every key of the configuration, and no other', () => {
    const keys = [...(README.split('## Configuration')[1]?.split('\n## ')[0] ?? '').matchAll(/^\| (`[.a-zA-Z<>`, ]+`) \| /gm)].flatMap(
      ([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, key]) => key as string),
    );
    const schema = JSON.parse(readFileSync(join(ROOT, 'dist/mcp.schema.json'), 'utf8')) as {
      properties: Record<string, { additionalProperties?: { properties?: object } }>;
    };
    const top = Object.keys(schema.properties).filter((key) => key !== '$schema');
    const inPlugin = Object.keys(schema.properties.plugins?.additionalProperties?.properties ?? {});
    const named = keys.map((key) => key.replace('.<id>', '').replace('.<name>', '').replace('auth.tokens', 'auth'));
    for (const key of top) expect(named).toContain(key);
    for (const key of inPlugin) expect(named).toContain(`.${key}`);
    const known = [...top, ...inPlugin.map((key) => `.${key}`)];
    for (const key of named) expect(known).toContain(key);
  });
});
