import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';

/** The one script that a Python source folder installs. Throws where there is none, or a choice. */
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

/** The one name of a list of scripts; foreign text that names a file below a folder of ours. */
export function onlyScript(scripts: readonly string[], where: string): string {
  const [script] = scripts;
  if (script === undefined || scripts.length > 1) {
    const found = scripts.length === 0 ? 'none' : scripts.join(', ');
    throw new GatewayError('MANIFEST_INVALID', `${where} must hold exactly one entry, the program to run; it holds ${found}.`);
  }
  if (!/^[\w.-]+$/.test(script) || script.startsWith('.'))
    throw new GatewayError('MANIFEST_INVALID', `${where} names the script ${JSON.stringify(script)}, which is no file name.`);
  return script;
}
