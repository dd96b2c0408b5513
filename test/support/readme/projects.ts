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

/** Default plugins that are built before they serve: other tests would have to wait for the build. */
const BUILT = /\/plugins\/(clock|figures)$/;

/** A new folder with the default plugins, except for those that are built first, and the files of a README. */
export function makeProject({ blocks }: Readme): string {
  const dir = tempFolder();
  cpSync(join(ROOT, 'plugins'), join(dir, 'plugins'), { recursive: true, filter: (path) => !BUILT.test(path) });
  writeFileSync(join(dir, 'mcp.json'), '{"pluginFolders":["./plugins"],"limits":{"firstListMs":100000}}');
  writeFiles(dir, blocks);
  return dir;
}

/** A folder with only the files of a README. Without an mcp.json, it serves its `plugins` folder. */
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

/** Calls of other programs in a shell block are recorded: one argument per line, a blank line after each call. */
const CALLS = 'client-calls';
const RECORDED = ['claude', 'code', 'gemini', 'codex'];

/** Runs shell lines; `plugmux` and `npx plugmux` mean the built command. */
export function runShell(text: string, cwd: string) {
  const functions = [
    `plugmux() { ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} "$@"; }`,
    'npx() { [ "$1" = plugmux ] && shift && plugmux "$@"; }',
    ...RECORDED.map((name) => `${name}() { printf '%s\\n' "$@" '' >> ${CALLS}; }`),
  ];
  // If its input is a socket, bash assumes a remote shell and reads the machine's startup files.
  return spawnSync('bash', ['--norc', '-euc', [...functions, text].join('\n')], { cwd, encoding: 'utf8' });
}

/** Returns the arguments of each recorded call, and clears the record. */
export function takeCalls(dir: string): string[][] {
  const file = join(dir, CALLS);
  if (!existsSync(file)) return [];
  const calls = readFileSync(file, 'utf8').trimEnd().split('\n\n');
  rmSync(file);
  return calls.map((call) => call.split('\n'));
}

/** Reads every `.hcl` file of a project with the variables of its mcp.json or another configuration. */
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
