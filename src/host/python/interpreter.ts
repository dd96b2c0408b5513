import { existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

// Shims of version managers only run versions that are selected there.
const SHIMS = /[/\\]shims[/\\]/;
const OTHERS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

/** An interpreter on this machine. */
export interface FoundPython {
  readonly command: string;
  /** The virtual environment it belongs to. */
  readonly environment?: string;
}

/** Finds an interpreter by path, environment folder or name on PATH; `empty` for an environment without one. */
export function findInterpreter(python: string): FoundPython | 'empty' | undefined {
  return /[/\\]/.test(python) ? inPlace(python) : onPath(python);
}

/** The fix for an interpreter that does not run, which often is a shim of a version manager without a version. */
export function interpreterFix(command: string): string {
  const other = OTHERS.flatMap(allOnPath).find((found) => dirname(found) !== dirname(command) && !SHIMS.test(found));
  const such = other === undefined ? '' : `, such as ${other}`;
  return `Set "python" in mcp.json to a working interpreter${such}; \`${command} --version\` must print 3.10 or later.`;
}

function inPlace(python: string): FoundPython | 'empty' | undefined {
  if (!existsSync(python)) return undefined;
  if (!statSync(python).isDirectory()) return { command: python, ...environmentOf(join(python, '..', '..')) };
  const command = [join(python, 'bin', 'python'), join(python, 'Scripts', 'python.exe')].find((file) => existsSync(file));
  return command === undefined ? 'empty' : { command, ...environmentOf(python) };
}

function onPath(name: string): FoundPython | undefined {
  const [command] = allOnPath(name);
  return command === undefined ? undefined : { command, ...environmentOf(join(command, '..', '..')) };
}

function allOnPath(name: string): string[] {
  const names = process.platform === 'win32' ? [`${name}.exe`, name] : [name];
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => names.map((n) => join(folder, n)).filter((file) => existsSync(file) && statSync(file).isFile()));
}

function environmentOf(folder: string): { environment?: string } {
  return existsSync(join(folder, 'pyvenv.cfg')) ? { environment: folder } : {};
}
