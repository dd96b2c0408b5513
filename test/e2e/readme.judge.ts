import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adapters } from '../../dist/adapters/index.js';
import { loadConfig } from '../../dist/src/config/load.js';
import { ERROR_CODES } from '../../dist/src/core/error-codes.js';
import { connect } from '../support/clients.ts';
import { BIN, run, serve } from '../support/gateway.ts';
import { hasPython } from '../support/python.ts';
import { type Block, type BlockKind, findReadmes, KINDS, placeOf, type Readme, ROOT, readReadme } from '../support/readme/blocks.ts';
import { findAnchors, findLinks, headings } from '../support/readme/links.ts';
import { makeOwnProject, makeProject, readHcl, runShell, takeCalls } from '../support/readme/projects.ts';
import { tempFolder } from '../support/temp.ts';
import { withoutGo, withoutPython } from '../support/toolchains.ts';

// Every fenced block of every README is tested as its info string says: run, connected with, loaded or compared with real output.

const READMES = findReadmes();
const BLOCKS = READMES.flatMap(({ blocks }) => blocks);
const LINES = { 'README.md': 150, others: 120 };
const BUILD_MS = 400_000;

const lacksPython = !hasPython && process.env.CI !== 'true';
const ofKind = (kind: BlockKind): Block[] => BLOCKS.filter((block) => block.kind === kind);
const readmeOf = ({ file }: Block): Readme => READMES.find((readme) => readme.file === file) as Readme;
const named = (blocks: readonly Block[]): [string, Block][] => blocks.map((block) => [placeOf(block), block]);

/** Whether real output matches. A line of `…` matches any number of lines. */
function expectShown(actual: string, shown: string, generic: (text: string) => string): void {
  const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const parts = generic(shown)
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*?.*' : quote(line)));
  if (!parts.some((part) => part.startsWith('(?:'))) return expect(generic(actual)).toBe(generic(shown));
  expect(generic(actual)).toMatch(new RegExp(`^${parts.join('\\n')}$`));
}

/** What `serve` prints before any request. */
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

/** Connects to the gateway of a project with the arguments of a client's command or an entry of its JSON. */
async function connectAs(dir: string, how: { command?: string; args?: string[]; url?: string | undefined }): Promise<string[]> {
  if (how.url === undefined) {
    expect(how.command).toMatch(/^(node|plugmux)$/);
    const words = (how.args ?? []).filter((word) => !word.endsWith('dist/bundle/src/main.js'));
    const args = words.map((word) => word.replace('/path/to/mcp.json', join(dir, 'mcp.json')));
    return (await connect('v2 auto', { command: process.execPath, args: [BIN, ...args] })).list();
  }
  const gateway = await serve(join(dir, 'mcp.json'), { bin: BIN });
  expect(new URL(how.url).pathname).toBe(new URL(gateway.url).pathname);
  return (await connect('v2 auto', { url: gateway.url })).list();
}

function toConnection(args: readonly string[]): Parameters<typeof connectAs>[1] {
  const json = args.find((arg) => arg.startsWith('{'));
  if (json !== undefined) return JSON.parse(json);
  const at = args.indexOf('--');
  if (at < 0) return { url: args.find((arg) => arg.startsWith('http://')) };
  return { command: args[at + 1] as string, args: args.slice(at + 2) };
}

describe('READMEs', () => {
  it('have no fenced block of an unknown kind', () => {
    const unknown = BLOCKS.filter(({ kind }) => kind === undefined);
    expect(unknown.map(placeOf), `known: ${KINDS.join(', ')}`).toEqual([]);
  });

  it('cannot hide a block from that test', () => {
    const fences = ['```', '```sh', '   ```sh run', '~~~sh run', '```json file=/etc/x', '```json file=../x.json', '```json config more'];
    for (const fence of fences) {
      const { blocks } = readReadme('x', `text\n${fence}\n{}\n${fence.trim().slice(0, 3)}\n`);
      expect(
        blocks.map(({ kind, line }) => [kind, line]),
        fence,
      ).toEqual([[undefined, 2]]);
    }
    expect(readReadme('x', '```sh run\nls\n').blocks.map(({ kind }) => kind)).toEqual([undefined]);
  });

  it.each(READMES.map((readme) => [readme.file, readme] as const))('%s has few lines', (file, { lines }) => {
    expect(lines.length).toBeLessThanOrEqual(file === 'README.md' ? LINES[file] : LINES.others);
  });

  it('end with "See also" below the top', () => {
    const without = READMES.filter(({ file, prose }) => file !== 'README.md' && headings(prose).at(-1) !== 'See also');
    expect(without.map(({ file }) => file)).toEqual([]);
  });

  it('link to files, folders and headings that exist', () => {
    const dead = READMES.flatMap(findLinks).filter(({ target, anchor }) => {
      if (!existsSync(join(ROOT, target))) return true;
      const readme = READMES.find(({ file }) => file === target || file === `${target}/README.md`);
      return anchor !== undefined && !(readme && findAnchors(readme).includes(anchor));
    });
    expect(dead).toEqual([]);
  });

  it('can all be reached from the top', () => {
    const reached = new Set(['README.md']);
    for (const file of reached) {
      const readme = READMES.find((one) => one.file === file);
      for (const { target } of readme ? findLinks(readme) : [])
        for (const name of [target, `${target}/README.md`]) if (READMES.some((one) => one.file === name)) reached.add(name);
    }
    expect(READMES.map(({ file }) => file).filter((file) => !reached.has(file))).toEqual([]);
  });

  it('show the commands of a clean clone once, from where .ci/run reads them', () => {
    expect(ofKind('sh clone').map(({ file, text }) => [file, text])).toEqual([['README.md', 'npm ci\nnpm start\n']]);
    expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toContain("'/^```sh clone$/,/^```$/");
  });

  it('name every key of the configuration where it belongs, and no other key', () => {
    const tables = READMES.filter(({ file }) => /^(src\/config|adapters\/\w+)\/README\.md$/.test(file));
    const rows = tables.flatMap(({ prose }) => [...prose.matchAll(/^\| key \| meaning \|\n\|---\|---\|\n((?:\|.*\n?)+)/gm)]);
    const cells = rows.flatMap(([, body = '']) => body.split('\n').map((row) => row.split('|')[1] ?? ''));
    const keys = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, key]) => key as string));
    const schema = JSON.parse(readFileSync(join(ROOT, 'dist/mcp.schema.json'), 'utf8')) as {
      properties: Record<string, { additionalProperties?: { properties?: object } }>;
    };
    const top = Object.keys(schema.properties).filter((key) => key !== '$schema');
    const inPlugin = Object.keys(schema.properties.plugins?.additionalProperties?.properties ?? {});
    const found = new Set(keys.map((key) => key.replace('.<id>', '').replace('.<name>', '').replace('auth.tokens', 'auth')));
    expect([...found].sort()).toEqual([...top, ...inPlugin.map((key) => `.${key}`)].sort());
  });
});

describe('blocks that show output', () => {
  it.skipIf(lacksPython).each(named(ofKind('text output=serve')))(
    'show what npm start prints: %s (with Python)',
    { tags: ['first-screen'], timeout: BUILD_MS },
    async (_, { text }) => {
      const config = JSON.parse(readFileSync(join(ROOT, 'mcp.json'), 'utf8'));
      // Plugins that are built first take longer, so the screen waits for them here.
      const own = { ...config, $schema: undefined, pluginFolders: [join(ROOT, 'plugins')], limits: { firstListMs: BUILD_MS - 10_000 } };
      const file = join(tempFolder(), 'mcp.json');
      writeFileSync(file, JSON.stringify(own));
      const withoutBuilds = (all: string): string =>
        all
          .replace(/serves \d+ tools of \d+ plugins/, 'serves N tools of N plugins')
          .replace(/^(\w+ +squadron) .*\n(?: {2}.*\n)?/gm, '$1\n');
      expectShown(await firstScreen(file), text, (all) =>
        ((withoutGo() ?? withoutPython()) ? withoutBuilds(all) : all)
          .trim()
          .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')
          .replace(/ node …\/dist| \S*node \S*\/dist/g, ' NODE/dist')
          .replace(/--config \S+mcp\.json/g, '--config FILE'),
      );
    },
  );

  it.each(named(ofKind('text output=run')))('show what their commands print: %s', (_, block) => {
    const { blocks } = readmeOf(block);
    expect(blocks[blocks.indexOf(block) - 1]?.kind).toBe('sh run');
  });

  it.each(named(ofKind('text drawing')))('are drawings with existing error codes: %s', (_, { text }) => {
    const codes = text.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? [];
    const known = [...Object.keys(ERROR_CODES), 'NOT_SENT', 'SENT_NO_REPLY', 'REPLIED_INVALID'];
    expect(codes.filter((code) => !known.includes(code))).toEqual([]);
    expect(text).not.toMatch(/^\s*([{[$#]|import |export |from |def |(npm|npx|node|plugmux|python3?|claude|code|gemini|codex) )|[;{]$/m);
  });

  it.each(named(ofKind('text layers')))('name the parts of their folder, and no other: %s', (_, { file, text }) => {
    const parts = readdirSync(join(ROOT, file, '..'))
      .filter((name) => name !== 'README.md')
      .map((name) => name.replace(/\.ts$/, ''));
    const shown = [...text.matchAll(/^([\w-]+) {2,}\S/gm)].map(([, name]) => name);
    expect(shown.sort()).toEqual(parts.sort());
  });
});

describe('blocks for the shell', () => {
  const readmes = READMES.filter(({ blocks }) => blocks.some(({ kind }) => kind === 'sh run'));
  // doctor fails if a plugin cannot run, and every project has Python plugins.
  it.skipIf(lacksPython).each(readmes.map((readme) => [readme.file, readme] as const))(
    'run in order: %s (with Python)',
    { timeout: BUILD_MS },
    (_, readme) => {
      const dir = makeProject(readme);
      for (const [at, block] of readme.blocks.entries()) {
        if (block.kind !== 'sh run') continue;
        const { text } = block;
        const cwd = text.includes('plugmux init') ? tempFolder() : dir;
        const { status, stdout, stderr } = runShell(text, cwd);
        // The Go and Python plugins of `init` need their toolchains; the others serve without.
        const isBuilt = cwd !== dir && text.includes('plugmux doctor');
        expect([status, stderr], placeOf(block)).toEqual([isBuilt && (withoutGo() ?? withoutPython()) ? 1 : 0, '']);
        const next = readme.blocks[at + 1];
        const generic = (all: string): string => all.trim().replaceAll(cwd, 'DIR').replace(/\d+/g, 'N');
        if (next?.kind === 'text output=run') expectShown(stdout, next.text, generic);
      }
    },
  );

  it.each(named(ofKind('sh client')))('connect a client: %s', { timeout: 240_000 }, async (_, block) => {
    const dir = makeProject(readmeOf(block));
    const { status, stderr } = runShell(block.text, dir);
    expect([status, stderr]).toEqual([0, '']);
    const calls = takeCalls(dir);
    expect(calls.length).toBe(block.text.trim().split('\n').length);
    for (const args of calls) expect(await connectAs(dir, toConnection(args)), args.join(' ')).toContain('notes_read');
  });
});

describe('blocks of JSON', () => {
  it.each(named(ofKind('json client')))('connect a client: %s', { timeout: 120_000 }, async (_, block) => {
    const { mcpServers, servers } = JSON.parse(block.text) as Record<string, Record<string, { httpUrl?: string; url?: string }>>;
    const entries = Object.values(mcpServers ?? servers ?? {});
    expect(entries.length).toBeGreaterThan(0);
    for (const { httpUrl, ...entry } of entries) {
      const dir = makeProject(readmeOf(block));
      expect(await connectAs(dir, { ...entry, url: entry.url ?? httpUrl })).toContain('notes_read');
    }
  });

  const configs = [...ofKind('json config'), ...BLOCKS.filter(({ path }) => path === 'mcp.json')];
  it.each(named(configs))('are configurations without a warning: %s', (_, block) => {
    const dir = makeOwnProject(readmeOf(block));
    const file = join(dir, 'shown.json');
    writeFileSync(file, block.text);
    const config = loadConfig(file, adapters, {});
    expect(config.warnings).toEqual([]);
    expect([...config.upstreams.values()].flatMap(({ fault }) => fault ?? [])).toEqual([]);
    const { plugins = {}, mcpServers = {}, servers = {} } = JSON.parse(block.text) as Record<string, object>;
    expect([...config.upstreams.keys()]).toEqual([...Object.keys(mcpServers), ...Object.keys(servers)]);
    expect([...config.plugins.keys()]).toEqual(expect.arrayContaining(Object.keys(plugins)));
  });
});

describe('blocks of files', () => {
  const withFiles = READMES.filter(({ blocks }) => blocks.some(({ kind }) => kind === 'file'));

  const declaring = withFiles.filter(({ blocks }) => blocks.some(({ path }) => path.endsWith('.hcl')));
  it.each(declaring.map((readme) => [readme.file, readme] as const))('declare plugins and tools: %s', (_, readme) => {
    for (const { kind, path } of readme.blocks) if (kind === 'file') expect(path).toMatch(/\.hcl$/);
    for (const { plugins, tools, variables } of readHcl(makeOwnProject(readme), readme)) {
      const all = [...plugins, ...tools];
      expect(all.length).toBeGreaterThan(0);
      expect(all.filter((item) => 'error' in item)).toEqual([]);
      expect([...variables].filter(([, value]) => value === undefined || value === null)).toEqual([]);
    }
  });

  const served = withFiles.filter((readme) => !declaring.includes(readme));
  it.skipIf(lacksPython).each(served.map((readme) => [readme.file, readme] as const))(
    'are plugins that work: %s (with Python)',
    { timeout: 120_000 },
    async (_, readme) => {
      const dir = makeOwnProject(readme);
      const { code, stdout } = await run(['doctor', '--json'], { cwd: dir });
      const { plugins: found } = JSON.parse(stdout) as { plugins: { id: string; origin: string; state: string; faults: object[] }[] };
      expect(found.map(({ id, state, faults }) => [id, state, faults])).toEqual(found.map(({ id }) => [id, 'ready', []]));
      expect([code, found.length > 0]).toEqual([0, true]);
      // A file that belongs to no plugin proves nothing.
      const files = readme.blocks.filter(({ kind, path }) => kind === 'file' && path !== 'mcp.json');
      const unused = files.filter(({ path }) => !found.some(({ origin }) => join(dir, path).startsWith(resolve(dir, origin))));
      expect(unused.map(placeOf)).toEqual([]);
    },
  );
});
