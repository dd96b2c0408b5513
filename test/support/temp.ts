import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** Runs something when what it belongs to is over: the test, unless another end is named. */
export type AtEnd = (end: () => unknown) => void;

/** Ends that run after all tests of a file or `describe`, the last first. Called there, not within a hook: `afterAll` does nothing in one. */
export function endsAfterAll(): AtEnd {
  const ends: (() => unknown)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return (end) => void ends.push(end);
}

/** A folder that goes away with the test. */
export function tempFolder(atEnd: AtEnd = onTestFinished as AtEnd): string {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-test-'));
  atEnd(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}
