import { defineConfig } from 'vitest/config';
import { REQUIREMENTS } from './test/requirements.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Tests start real processes; this keeps their number within what a small machine can carry.
    maxWorkers: 2,
    // The promises that tests cite; a tag that is none of them fails its file.
    tags: Object.entries(REQUIREMENTS).map(([name, { promise }]) => ({ name, description: promise })),
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
