import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';

const MIN_LENGTH = 8;
/** A number in any common notation. */
export const NUMBER = /^[+-]?[\d.,_]*\d[\d.,_]*(e[+-]?\d+)?$/i;
const LOCALE = /^([a-z]{2,3}|C|POSIX)([_-][A-Z]{2})?(\.[A-Za-z0-9-]+)?(@[a-z]+)?$/;
const LETTERS = /^\p{L}+$/u;
const HOST = /^(localhost|(\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:.]+\]|([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}\.?)(:\d{1,5})?$/;
// A host without a dot is only recognised by its port.
const NEAR_HOST = /^[a-z]+(-[a-z]+)*:\d{1,5}$/;
/** Whether a value may be a secret, regardless of its key. Masking plain words, hosts and paths would garble messages. */
export function looksSecret(value: string, dir: string): boolean {
  if (value.trim().length < MIN_LENGTH) return false;
  return ![NUMBER, LOCALE, LETTERS, HOST, NEAR_HOST].some((plain) => plain.test(value)) && !isPath(value, dir) && !isFileName(value, dir);
}

/** Whether a value is an existing path, or a list of paths as in PATH. */
export function isPath(value: string, dir: string): boolean {
  if (!/[/\\]/.test(value) || value.includes('\n') || value.includes('\u0000')) return false;
  if (exists(value, dir)) return true;
  const parts = value.split(':');
  return parts.length > 1 && parts.every((part) => part === '' || part.startsWith('/')) && parts.some((part) => exists(part, dir));
}

// Files next to the configuration, such as index.ts.
function isFileName(value: string, dir: string): boolean {
  return /^[\w-]+\.[\w.-]+$/.test(value) && exists(value, dir);
}

function exists(path: string, dir: string): boolean {
  return path !== '' && existsSync(resolve(dir, path.replace(/^~(?=[/\\]|$)/, homedir())));
}
