import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { REQUIREMENTS } from './test/requirements.ts';

// Every gateway that a test starts scans its messages and records faults in a file, which the reporter reads.
const SCAN = new URL('test/support/scan-messages.mjs', import.meta.url).href;
process.env.PLUGMUX_SCAN_FILE = join(tmpdir(), `plugmux-scan-${process.pid}`);

export default defineConfig({
  test: {
    // Unit tests start no processes and share a worker; the others have one worker per file.
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'real', include: ['test/**/*.test.ts'], exclude: ['test/unit/**'] } },
    ],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Built files are loaded by Node, as in a gateway.
    server: { deps: { external: [/[\\/]dist[\\/]/] } },
    // Tests mostly wait for real processes; two cores can run three files at a time.
    maxWorkers: 3,
    // The promises that tests cite; an unknown tag fails its file.
    tags: Object.entries(REQUIREMENTS).map(([name, { promise }]) => ({ name, description: promise })),
    // Compiled plugins are built once for all tests, keyed by the digest of their source.
    env: {
      SQUADRON_HOME: join(tmpdir(), `plugmux-squadron-${userInfo().uid}`),
      PLUGMUX_SCAN_FILE: process.env.PLUGMUX_SCAN_FILE,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${SCAN}`.trim(),
    },
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
