import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';

/** The script that a Python source folder installs. Throws MANIFEST_INVALID unless there is exactly one. */
export function consoleScript(source: string): string {
  let project: unknown;
  try {
    project = parse(readFileSync(join(source, 'pyproject.toml'), 'utf8')).project;
  } catch (error) {
    throw new GatewayError('MANIFEST_INVALID', `pyproject.toml cannot be read: ${(error as Error).message.split('\n')[0]}`, {
      cause: error,
    });
  }
  const scripts = isJsonObject(project) && isJsonObject(project.scripts) ? Object.keys(project.scripts) : [];
  return onlyScript(scripts, '[project.scripts] in pyproject.toml');
}

/** Returns the only script name. It is untrusted and becomes a path below an install folder, so it is validated. */
export function onlyScript(scripts: readonly string[], where: string): string {
  const [script] = scripts;
  if (script === undefined || scripts.length > 1) {
    const found = scripts.length === 0 ? 'none' : scripts.join(', ');
    throw new GatewayError('MANIFEST_INVALID', `${where} must have exactly one entry, the program to run; found ${found}.`);
  }
  if (!/^[\w.-]+$/.test(script) || script.startsWith('.'))
    throw new GatewayError('MANIFEST_INVALID', `${where} names the script ${JSON.stringify(script)}, which is not a valid file name.`);
  return script;
}
