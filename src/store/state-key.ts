import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY_BYTES = 32;

/** The key of a state folder, created on first use; only the owner can read it. Undefined if it can be neither read nor created. */
export function createStateKey(dir: string): () => Buffer | undefined {
  let known: Buffer | undefined;
  let failed = false;
  return () => {
    if (known === undefined && !failed) {
      known = keyIn(dir);
      failed = known === undefined;
    }
    return known;
  };
}

function keyIn(dir: string): Buffer | undefined {
  const file = join(dir, 'key');
  try {
    const found = read(file);
    if (found?.length === KEY_BYTES) return found;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    create(file, found !== undefined);
    const created = read(file);
    return created?.length === KEY_BYTES ? created : undefined;
  } catch {
    return undefined;
  }
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

// Several gateways may start at once, so the file is created atomically and the first one wins. A truncated key is replaced.
function create(file: string, replace: boolean): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
  try {
    if (replace) renameSync(draft, file);
    else linkSync(draft, file);
  } catch (error) {
    // Some file systems do not support links.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
