import { homedir } from 'node:os';
import { resolve } from 'node:path';
import * as z from 'zod';
import type { Source } from '../../core/contract/adapter.ts';
import type { PythonPackages, PythonRuntime } from '../../core/contract/member.ts';

/** Keys of an mcp.json entry that every Python format has. */
export const pythonOptions = {
  python: z.string().min(1).optional().describe('Python: interpreter, or folder of a virtual environment; default python3 on PATH'),
  install: z.array(z.string()).optional().describe('Python: packages for an environment of the source, as <package>==<version>'),
  requirements: z.string().optional().describe('Python: file with packages for an environment of the source'),
  paths: z.array(z.string()).optional().describe('Python: folders put first on the import path'),
  allow: z.array(z.string()).optional().describe('Python: plugins to load if the source contains several'),
  workspace: z.string().optional().describe('Python: workspace folder passed to plugins; default: the working folder'),
  standins: z.enum(['auto', 'off']).optional().describe('Python: off: no stand-ins for modules of the original framework'),
  start: z.enum(['boot', 'lazy']).optional().describe('Python: lazy: a known, unchanged source starts with its first call'),
  instances: z.enum(['shared', 'per-session']).optional().describe('Python: one plugin object for all, or one for each client session'),
};

/** Keys that are paths. Not `python`, since a name without a slash is looked up on PATH. */
export const pythonPaths = ['paths', 'workspace', 'requirements'];

// Local packages are resolved against the folder of mcp.json, like other paths there.
function toRequirement(name: string, root: string): string {
  return /^(?:~|[\w.-]*)[/\\]/.test(name) ? resolve(root, name.replace(/^~/, homedir())) : name;
}

/** The runtime of a source; `module` is the format's runtime.py. */
export function pythonRuntime({ root, entry }: Source, module: string): PythonRuntime {
  const { python, install, requirements } = entry.options as { python?: string } & PythonPackages;
  return {
    kind: 'python',
    module,
    python: python !== undefined && /[/\\]/.test(python) ? resolve(root, python) : python,
    packages: install || requirements ? { install: install?.map((name) => toRequirement(name, root)), requirements } : undefined,
  };
}
