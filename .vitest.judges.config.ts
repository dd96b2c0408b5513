import tests from './.vitest.config.ts';

// Tests that take their time: many starts, real tools, generated traffic, load and faults.
export default {
  ...tests,
  test: {
    ...tests.test,
    projects: undefined,
    include: ['test/**/*.judge.ts'],
    reporters: ['default', ['./test/summary-reporter.ts', { promises: 'judges' }]],
  },
};
