import tests from './.vitest.config.ts';

// Tests that take their time: many starts, real tools, generated traffic, load and faults.
export default {
  ...tests,
  test: {
    ...tests.test,
    projects: undefined,
    include: ['test/**/*.judge.ts'],
    // They share two cores with each other, and some start a dozen programs one after the other.
    testTimeout: 90_000,
    reporters: ['default', ['./test/summary-reporter.ts', { promises: 'judges' }]],
  },
};
