import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.fuzz.ts'],
    // On a quiet machine a minute for each kind; the gates are counts, not times.
    testTimeout: 900_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    env: { SQUADRON_HOME: join(tmpdir(), `plugmux-squadron-${userInfo().uid}`) },
    reporters: ['default', ['./test/summary-reporter.ts', { promises: false }]],
  },
});
