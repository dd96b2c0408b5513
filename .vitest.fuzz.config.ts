import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// One seed for all kinds; every failure names it as well.
const seed = process.env.PLUGMUX_FUZZ_SEED ?? String(Math.floor(Math.random() * 0x7fffffff));
process.stdout.write(`PLUGMUX_FUZZ_SEED=${seed} sends the same messages again\n`);

export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.fuzz.ts'],
    // On a quiet machine a minute for each kind; the gates are counts, not times.
    testTimeout: 900_000,
    hookTimeout: 60_000,
    // Real processes wait most of the time, and two cores carry two kinds beside them.
    maxWorkers: 3,
    maxConcurrency: 7,
    env: { PLUGMUX_FUZZ_SEED: seed, SQUADRON_HOME: join(tmpdir(), `plugmux-squadron-${userInfo().uid}`) },
    reporters: ['default', ['./test/summary-reporter.ts', { promises: 'none' }]],
  },
});
