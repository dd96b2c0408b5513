import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { adapters } from '../../../dist/adapters/index.js';
import { readDeclarations } from '../../../dist/adapters/squadron/hcl/declarations.js';
import { readProject } from '../../../dist/adapters/squadron/hcl/project.js';
import { loadConfig } from '../../../dist/src/config/load.js';
import { BIN } from '../gateway.ts';
import { tempFolder } from '../temp.ts';
import { type Block, type Readme, ROOT } from './blocks.ts';

/** Default plugins that are built before they serve: a test that is not about them would wait for that. */
const BUILT = /\/plugins\/(clock|figures)$/;

/** The default plugins, but those that are built first, with the files of a README beside them, in a folder of its own. */
export function makeProject({ blocks }: Readme): string {
  const dir = tempFolder();
  cpSync(join(ROOT, 'plugins'), join(dir, 'plugins'), { recursive: true, filter: (path) => !BUILT.test(path) });
  writeFileSync(join(dir, 'mcp.json'), '{"pluginFolders":["./plugins"],"limits":{"firstListMs":100000}}');
  writeFiles(dir, blocks);
  return dir;
}

/** The files of a README alone; without an mcp.json of its own, what its `plugins` folder holds is served. */
export function makeOwnProject({ blocks }: Readme): string {
  const dir = tempFolder();
  mkdirSync(join(dir, 'plugins'));
  writeFileSync(join(dir, 'mcp.json'), '{"pluginFolders":["./plugins"]}');
  writeFiles(dir, blocks);
  return dir;
}

function writeFiles(dir: string, blocks: readonly Block[]): void {
  for (const { path, text } of blocks.filter(({ kind }) => kind === 'file')) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
}

/** Calls of other programs that a shell block makes are written down, one argument a line, a blank line behind each call. */
const CALLS = 'client-calls';
const RECORDED = ['claude', 'code', 'gemini', 'codex'];

/** Runs shell lines with `plugmux` meaning the built command, also behind `npx`. */
export function runShell(text: string, cwd: string) {
  const functions = [
    `plugmux() { ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} "$@"; }`,
    'npx() { [ "$1" = plugmux ] && shift && plugmux "$@"; }',
    ...RECORDED.map((name) => `${name}() { printf '%s\\n' "$@" '' >> ${CALLS}; }`),
  ];
  // With a socket for its input bash takes itself for a remote shell and reads what the machine has set up for those.
  return spawnSync('bash', ['--norc', '-euc', [...functions, text].join('\n')], { cwd, encoding: 'utf8' });
}

/** The arguments of each recorded call, and forgets them. */
export function takeCalls(dir: string): string[][] {
  const file = join(dir, CALLS);
  if (!existsSync(file)) return [];
  const calls = readFileSync(file, 'utf8').trimEnd().split('\n\n');
  rmSync(file);
  return calls.map((call) => call.split('\n'));
}

/** Every `.hcl` file of a project is read with the variables that its mcp.json or another configuration gives. */
export function readHcl(dir: string, { blocks }: Readme) {
  const folders = new Set(blocks.filter(({ path }) => path.endsWith('.hcl')).map(({ path }) => dirname(path)));
  const texts = blocks.filter(({ kind, path }) => kind === 'json config' || path === 'mcp.json').map(({ text }) => text);
  const vars: Record<string, string> = Object.assign(
    {},
    ...texts.flatMap((text) => {
      writeFileSync(join(dir, 'read.json'), text);
      const { plugins } = loadConfig(join(dir, 'read.json'), adapters, {});
      return [...plugins.values()].map(({ entry }) => entry.options.vars ?? {});
    }),
  );
  return [...folders].map((folder) => readDeclarations(readProject(join(dir, folder)), vars));
}
