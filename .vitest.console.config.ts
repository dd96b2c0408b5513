import tests from './.vitest.config.ts';

// The console in a real browser, against a real gateway.
export default {
  ...tests,
  test: {
    ...tests.test,
    projects: undefined,
    include: ['test/console/browser/*.browser.ts'],
    // Each file has a browser of its own.
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', ['./test/summary-reporter.ts', { promises: 'none' }]],
  },
};
