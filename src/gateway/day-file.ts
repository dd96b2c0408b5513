import { mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

const KEEP_MS = 1000;

/** Appends to one file a day, `<dir>/<date>.jsonl`; readable by its owner alone. */
export interface DayFile {
  /** Rejects where the file cannot be written. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/** A day's file below `dir`. Opened anew after a second: somebody may have moved it away, or the day has changed. */
export function createDayFile(dir: string): DayFile {
  let handle: FileHandle | undefined;
  let opened = 0;

  const close = async (): Promise<void> => {
    const old = handle;
    handle = undefined;
    await old?.close();
  };

  return {
    async append(text) {
      const now = performance.now();
      if (handle && now - opened > KEEP_MS) await close();
      if (!handle) {
        mkdirSync(dir, { recursive: true, mode: 0o700 });
        handle = await open(join(dir, `${new Date().toISOString().slice(0, 10)}.jsonl`), 'a', 0o600);
        opened = now;
      }
      await handle.appendFile(text);
    },
    close,
  };
}
