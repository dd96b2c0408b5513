import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// One seed for all kinds; every failure prints it too.
const seed = process.env.PLUGMUX_FUZZ_SEED ?? String(Math.floor(Math.random() * 0x7fffffff));
process.stdout.write(`PLUGMUX_FUZZ_SEED=${seed} sends the same messages again\n`);

export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.fuzz.ts'],
    // About a minute per kind on an idle machine; failures depend on counts, not on times.
    testTimeout: 900_000,
    hookTimeout: 60_000,
    // Real processes mostly wait, so two cores can run two more kinds at the same time.
    maxWorkers: 3,
    maxConcurrency: 7,
    env: { PLUGMUX_FUZZ_SEED: seed, SQUADRON_HOME: join(tmpdir(), `plugmux-squadron-${userInfo().uid}`) },
    reporters: ['default', ['./test/summary-reporter.ts', { promises: 'none' }]],
  },
});
