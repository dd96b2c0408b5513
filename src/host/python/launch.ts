import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../../core/errors.ts';
import type { PythonRuntime } from '../../core/host.ts';
import { environmentFor, type Making } from './environments.ts';

/** How to start an interpreter with the bridge. */
export interface PythonLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const BRIDGE = fileURLToPath(new URL('./', import.meta.url));
const ALWAYS = { PYTHONUNBUFFERED: '1', PYTHONIOENCODING: 'utf-8', PYTHONUTF8: '1' };

/** The same, in the environment that a source's packages need; it is made on the spot, which may take long. */
export async function preparePython({ python, packages }: PythonRuntime, making: Making): Promise<PythonLaunch> {
  const base = pythonLaunch(python);
  return packages ? pythonLaunch(await environmentFor(base.command, packages, making)) : base;
}

/**
 * The program that runs Python plugins. `python` is an interpreter or the folder of a virtual environment; a name
 * without a slash is looked up on PATH. Links are never resolved: the link is what makes an environment of it.
 */
function pythonLaunch(python = 'python3'): PythonLaunch {
  const found = /[/\\]/.test(python) ? inPlace(python) : onPath(python);
  if (found === undefined) {
    throw new GatewayError('DEPENDENCY_MISSING', `The plugin needs Python, and ${python} was not found.`, {
      fix: 'Install Python 3.10 or later (Debian, Ubuntu: apt install python3), or name an interpreter with "python" in mcp.json.',
    });
  }
  const { command, environment } = found;
  const venv: Record<string, string> = environment === undefined ? {} : { VIRTUAL_ENV: environment, PATH: pathWith(command) };
  return { command, args: ['-u', BRIDGE], env: { ...ALWAYS, ...venv } };
}

interface FoundPython {
  readonly command: string;
  /** The virtual environment it belongs to. */
  readonly environment?: string;
}

function inPlace(python: string): FoundPython | undefined {
  if (!existsSync(python)) return undefined;
  if (!statSync(python).isDirectory()) return { command: python, ...environmentOf(join(python, '..', '..')) };
  const command = [join(python, 'bin', 'python'), join(python, 'Scripts', 'python.exe')].find((file) => existsSync(file));
  return command === undefined ? undefined : { command, ...environmentOf(python) };
}

function onPath(name: string): FoundPython | undefined {
  const names = process.platform === 'win32' ? [`${name}.exe`, name] : [name];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const command =
      folder === '' ? undefined : names.map((n) => join(folder, n)).find((file) => existsSync(file) && statSync(file).isFile());
    if (command !== undefined) return { command, ...environmentOf(join(folder, '..')) };
  }
  return undefined;
}

function environmentOf(folder: string): { environment?: string } {
  return existsSync(join(folder, 'pyvenv.cfg')) ? { environment: folder } : {};
}

function pathWith(command: string): string {
  return [join(command, '..'), process.env.PATH ?? ''].join(delimiter);
}
