import { existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

// A version manager's shims run only what has been chosen there.
const SHIMS = /[/\\]shims[/\\]/;
const OTHERS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

/** An interpreter on this machine. */
export interface FoundPython {
  readonly command: string;
  /** The virtual environment it belongs to. */
  readonly environment?: string;
}

/** The interpreter that a text names; `empty` for a virtual environment without one. */
export function findInterpreter(python: string): FoundPython | 'empty' | undefined {
  return /[/\\]/.test(python) ? inPlace(python) : onPath(python);
}

/** What to do about an interpreter that does not run: often the shim of a version manager that has no version to run. */
export function interpreterFix(command: string): string {
  const other = OTHERS.flatMap(allOnPath).find((found) => dirname(found) !== dirname(command) && !SHIMS.test(found));
  const such = other === undefined ? '' : `, such as ${other}`;
  return `Name an interpreter that runs with "python" in mcp.json${such}; \`${command} --version\` must print 3.10 or later.`;
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
