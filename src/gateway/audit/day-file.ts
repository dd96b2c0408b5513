import { mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

const KEEP_MS = 1000;

/** Appends to one file per day, `<dir>/<date>.jsonl`, which only the owner can read. */
export interface DayFile {
  /** Appends bytes and returns the file's name. Rejects if the file cannot be written, and then removes what was written. */
  append(bytes: Buffer): Promise<string>;
  close(): Promise<void>;
}

/** The current day file in `dir`. Reopened after a second, because it may have been moved, or the day may have changed. */
export function createDayFile(dir: string): DayFile {
  let handle: FileHandle | undefined;
  let name = '';
  let opened = 0;
  let isTorn = false;

  const close = async (): Promise<void> => {
    const old = handle;
    handle = undefined;
    await old?.close();
  };

  return {
    async append(bytes) {
      const now = performance.now();
      if (handle && now - opened > KEEP_MS) await close();
      if (!handle) {
        mkdirSync(dir, { recursive: true, mode: 0o700 });
        name = `${new Date().toISOString().slice(0, 10)}.jsonl`;
        handle = await open(join(dir, name), 'a+', 0o600);
        isTorn = await endsTorn(handle);
        opened = now;
      }
      try {
        // A line that a crash has cut must not merge with the next one.
        await appendWhole(handle, isTorn ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes);
        isTorn = false;
      } catch (error) {
        await close().catch(() => undefined);
        throw error;
      }
      return name;
    },
    close,
  };
}

async function endsTorn(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 10;
}

// A full disk accepts only some of the bytes; the rest would be a torn line.
async function appendWhole(handle: FileHandle, bytes: Buffer): Promise<void> {
  let written = 0;
  try {
    while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
  } catch (error) {
    if (written > 0) await takeBack(handle, bytes.subarray(0, written)).catch(() => undefined);
    throw error;
  }
}

// Only if the part is still the end of the file, to keep what other processes appended meanwhile.
async function takeBack(handle: FileHandle, part: Buffer): Promise<void> {
  const from = (await handle.stat()).size - part.length;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(part.length), 0, part.length, from);
  if (bytesRead === part.length && buffer.equals(part)) await handle.truncate(from);
}
