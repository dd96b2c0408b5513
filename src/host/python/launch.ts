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
  /** The fix to report if the interpreter ends before the handshake. */
  readonly fix: () => string;
}

const BRIDGE = fileURLToPath(new URL('./', import.meta.url));
const ALWAYS = { PYTHONUNBUFFERED: '1', PYTHONIOENCODING: 'utf-8', PYTHONUTF8: '1' };

/** Prepares the start of an interpreter; builds the virtual environment of the packages if needed, which may take long. */
export async function preparePython({ python, packages }: PythonRuntime, making: EnvironmentBuild): Promise<PythonLaunch> {
  const base = pythonLaunch(python);
  return packages ? pythonLaunch(await environmentFor(base.command, packages, making)) : base;
}

/**
 * How to start Python. `python`: an interpreter, the folder of a virtual environment, or a name on PATH. Links are not
 * resolved, since Python detects a virtual environment by the path of the link. Throws DEPENDENCY_MISSING.
 */
function pythonLaunch(python = 'python3'): PythonLaunch {
  const found = findInterpreter(python);
  if (found === 'empty') {
    throw new GatewayError('DEPENDENCY_MISSING', `The virtual environment "${python}" has no interpreter.`, {
      fix: `Recreate it (python3 -m venv --clear ${python}), or set "python" in mcp.json to another one.`,
    });
  }
  if (found === undefined) {
    throw new GatewayError('DEPENDENCY_MISSING', `The plugin needs Python, and "${python}" was not found.`, {
      fix: 'Install Python 3.10 or later (Debian, Ubuntu: apt install python3), or set "python" in mcp.json to an interpreter.',
    });
  }
  const { command, environment } = found;
  const why = whyUnrunnable(command, 'leave');
  if (why !== undefined) {
    throw new GatewayError('DEPENDENCY_MISSING', `The plugin needs Python, and "${command}" ${why}.`, { fix: interpreterFix(command) });
  }
  const venv: Record<string, string> = environment === undefined ? {} : { VIRTUAL_ENV: environment, PATH: pathWith(command) };
  return { command, args: ['-u', BRIDGE], env: { ...ALWAYS, ...venv }, fix: () => interpreterFix(command) };
}

function pathWith(command: string): string {
  return [join(command, '..'), process.env.PATH ?? ''].join(delimiter);
}
