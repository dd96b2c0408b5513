import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { asObject } from '../../../src/core/json/json.ts';

/** The folder of an extension: an installed one may only link to it. */
export function linkedFolder(path: string): string {
  if (existsSync(join(path, 'gemini-extension.json'))) return path;
  const file = join(path, '.gemini-extension-install.json');
  if (!existsSync(file)) return path;
  let link: unknown;
  try {
    link = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new GatewayError('MANIFEST_INVALID', '.gemini-extension-install.json: not valid JSON.');
  }
  const { type, source } = asObject(link);
  if (type === 'link' && typeof source === 'string' && existsSync(join(source, 'gemini-extension.json'))) return source;
  throw new GatewayError(
    'MANIFEST_INVALID',
    `The extension is a link to ${typeof source === 'string' ? source : 'nothing'}, which has no gemini-extension.json.`,
  );
}
