import tests from './.vitest.config.ts';

// Slow tests: many starts, real tools, generated traffic, load and faults.
export default {
  ...tests,
  test: {
    ...tests.test,
    projects: undefined,
    include: ['test/**/*.judge.ts'],
    // They share two cores, and some start a dozen programs one after the other.
    testTimeout: 90_000,
    reporters: ['default', ['./test/summary-reporter.ts', { promises: 'judges' }]],
  },
};
