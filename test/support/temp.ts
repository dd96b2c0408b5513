import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** Runs a cleanup at the end of the test, or of another hook if given. */
export type AtEnd = (end: () => unknown) => void;

/** Cleanups that run after all tests of a file or `describe`, last first. Call it there, not within a hook: `afterAll` does nothing in one. */
export function endsAfterAll(): AtEnd {
  const ends: (() => unknown)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return (end) => void ends.push(end);
}

/** A folder that is deleted after the test. */
export function tempFolder(atEnd: AtEnd = onTestFinished as AtEnd): string {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-test-'));
  atEnd(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}
