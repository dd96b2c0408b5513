import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Tests start real processes; this keeps their number within what a small machine can carry.
    maxWorkers: 2,
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
