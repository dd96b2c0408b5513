import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PythonRuntime } from '../../core/contract/member.ts';
import { GatewayError } from '../../core/errors.ts';
import { whyUnrunnable } from '../process/executable.ts';
import { type EnvironmentBuild, environmentFor } from './environments.ts';
import { findInterpreter, interpreterFix } from './interpreter.ts';

/** How to start an interpreter with the bridge. */
export interface PythonLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What mends it where the interpreter ends before its first word. */
  readonly fix: () => string;
}

const BRIDGE = fileURLToPath(new URL('./', import.meta.url));
const ALWAYS = { PYTHONUNBUFFERED: '1', PYTHONIOENCODING: 'utf-8', PYTHONUTF8: '1' };

/** The same, in the environment that a source's packages need; it is made on the spot, which may take long. */
export async function preparePython({ python, packages }: PythonRuntime, making: EnvironmentBuild): Promise<PythonLaunch> {
  const base = pythonLaunch(python);
  return packages ? pythonLaunch(await environmentFor(base.command, packages, making)) : base;
}

/**
 * The program that runs Python plugins. `python` is an interpreter or the folder of a virtual environment; a name
 * without a slash is looked up on PATH. Links are never resolved: the link is what makes an environment of it.
 */
function pythonLaunch(python = 'python3'): PythonLaunch {
  const found = findInterpreter(python);
  if (found === 'empty') {
    throw new GatewayError('DEPENDENCY_MISSING', `The virtual environment ${python} has no interpreter that exists.`, {
      fix: `Make it anew (python3 -m venv --clear ${python}), or name another one with "python" in mcp.json.`,
    });
  }
  if (found === undefined) {
    throw new GatewayError('DEPENDENCY_MISSING', `The plugin needs Python, and ${python} was not found.`, {
      fix: 'Install Python 3.10 or later (Debian, Ubuntu: apt install python3), or name an interpreter with "python" in mcp.json.',
    });
  }
  const { command, environment } = found;
  const why = whyUnrunnable(command, 'leave');
  if (why !== undefined) {
    throw new GatewayError('DEPENDENCY_MISSING', `The plugin needs Python, and ${command} ${why}.`, { fix: interpreterFix(command) });
  }
  const venv: Record<string, string> = environment === undefined ? {} : { VIRTUAL_ENV: environment, PATH: pathWith(command) };
  return { command, args: ['-u', BRIDGE], env: { ...ALWAYS, ...venv }, fix: () => interpreterFix(command) };
}

function pathWith(command: string): string {
  return [join(command, '..'), process.env.PATH ?? ''].join(delimiter);
}
