import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY_FILE = 'key';
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

/** Writes the key through to the disk, so that nothing sealed with it can outlive it in a power failure. */
export function syncStateKey(dir: string): void {
  for (const path of [join(dir, KEY_FILE), dir]) {
    try {
      const fd = openSync(path, 'r');
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      // Some systems cannot write a folder through.
    }
  }
}

function keyIn(dir: string): Buffer | undefined {
  const file = join(dir, KEY_FILE);
  try {
    const found = read(file);
    if (found?.length === KEY_BYTES) return found;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (found === undefined) createFirst(file, randomBytes(KEY_BYTES));
    else if (awaitKey(file) === undefined) replace(file);
    return awaitKey(file);
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

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

// On a file system without links, another process may be writing the key at this moment.
function awaitKey(file: string): Buffer | undefined {
  for (let tries = 0; tries < 10; tries++) {
    const found = read(file);
    if (found?.length === KEY_BYTES) return found;
    Atomics.wait(PAUSE, 0, 0, 20);
  }
  return undefined;
}

// Several gateways may start at once, and each seals with the key that it reads, so the first one must win.
function createFirst(file: string, key: Buffer): void {
  withDraft(file, key, (draft) => {
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      // Some file systems do not support links.
      writeFileSync(file, key, { flag: 'wx', mode: 0o600 });
    }
  });
}

// A truncated key is lost. All processes that replace it must write the same one, also those that come later, so it is kept.
function replace(file: string): void {
  const agreed = `${file}.new`;
  createFirst(agreed, randomBytes(KEY_BYTES));
  const key = awaitKey(agreed);
  if (key) withDraft(file, key, (draft) => renameSync(draft, file));
}

function withDraft(file: string, key: Buffer, use: (draft: string) => void): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, key, { flag: 'wx', mode: 0o600 });
    use(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}
