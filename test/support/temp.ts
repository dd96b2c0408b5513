import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Runs something when what it belongs to is over: the test, unless another end is named. */
export type AtEnd = (end: () => unknown) => void;

/** A folder that goes away with the test. */
export function tempFolder(atEnd: AtEnd = onTestFinished as AtEnd): string {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-test-'));
  atEnd(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}
