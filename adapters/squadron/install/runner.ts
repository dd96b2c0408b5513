import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import { PROGRAM } from './home.ts';

const FILE = 'runner.json';

/** How an installed plugin is run: the `runner.json` in its folder, which Squadron also reads and writes. */
export interface Runner {
  readonly kind: 'go' | 'python';
  readonly entry: string;
  readonly args?: readonly string[];
  readonly sourceHash?: string;
}

/** A plugin's program on this machine. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** Reads the runner of a folder; undefined if it is missing or invalid. */
export function readRunner(dir: string): Runner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(dir, FILE), 'utf8'));
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || typeof value.entry !== 'string' || value.entry === '') return undefined;
  const args = Array.isArray(value.args) ? value.args.filter((arg) => typeof arg === 'string') : [];
  return {
    kind: value.kind === 'python' ? 'python' : 'go',
    entry: value.entry,
    ...(args.length > 0 ? { args } : {}),
    ...(typeof value.source_hash === 'string' ? { sourceHash: value.source_hash } : {}),
  };
}

/** Writes a runner atomically, because its presence marks a finished install. */
export function writeRunner(dir: string, { kind, entry, args, sourceHash }: Runner): void {
  const text = JSON.stringify({ kind, entry, args, source_hash: sourceHash }, null, 2);
  const draft = join(dir, `.${FILE}.${process.pid}`);
  writeFileSync(draft, text);
  renameSync(draft, join(dir, FILE));
}

/** Whether a runner's program exists. */
export function hasEntry(dir: string, { entry }: Runner): boolean {
  return existsSync(resolve(dir, entry));
}

/** The program of an installed plugin. Throws ENTRY_NOT_FOUND if there is none. */
export function findProgram(dir: string): Program {
  const runner = readRunner(dir);
  if (!runner) {
    const command = join(dir, PROGRAM);
    if (isFile(command)) return { command, args: [] };
    throw new GatewayError('ENTRY_NOT_FOUND', `no runner.json or plugin binary found in ${dir}.`, {
      fix: 'Set "source", or build it with `plugmux plugin build <name> <source>`.',
    });
  }
  const command = isAbsolute(runner.entry) ? runner.entry : join(dir, runner.entry);
  if (!isFile(command)) {
    throw new GatewayError('ENTRY_NOT_FOUND', `plugin entry "${runner.entry}" (from runner.json) does not exist in ${dir}.`, {
      fix: 'Build or install the plugin again.',
    });
  }
  return { command, args: runner.args ?? [] };
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
