import { createHash, randomBytes } from 'node:crypto';
import { createConsoleKeys } from '../store/console-keys.ts';
import type { StateFile } from '../store/state-file.ts';

/** How long a login code is valid, in milliseconds. */
const CODE_MS = 10 * 60_000;

/** Creates a login code and stores its digest. Throws like the store. */
export function createLoginCode(file: Pick<StateFile, 'read' | 'write' | 'note'>, now = Date.now()): string {
  const code = createSecret();
  createConsoleKeys(file).addCode(digestOf(code), now + CODE_MS);
  return code;
}

/** A link that logs in. The code is in the fragment, which browsers never send. */
export function loginLink(base: string, code: string): string {
  return `${base}/#login=${code}`;
}

/** 32 random bytes as 43 characters. */
export function createSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a code or key. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
