import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { REQUIREMENTS } from './test/requirements.ts';

// Every gateway that a test starts looks at its own messages and writes down what is wrong with them; the reporter reads it.
const SCAN = new URL('test/support/scan-messages.mjs', import.meta.url).href;
process.env.PLUGMUX_SCAN_FILE = join(tmpdir(), `plugmux-scan-${process.pid}`);

export default defineConfig({
  test: {
    // Unit tests start nothing and share their processes; the others have one for each file.
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'real', include: ['test/**/*.test.ts'], exclude: ['test/unit/**'] } },
    ],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // What is built is loaded as a gateway loads it.
    server: { deps: { external: [/[\\/]dist[\\/]/] } },
    // Tests start real processes and wait for them most of the time; this is what two cores can carry.
    maxWorkers: 3,
    // The promises that tests cite; a tag that is none of them fails its file.
    tags: Object.entries(REQUIREMENTS).map(([name, { promise }]) => ({ name, description: promise })),
    // Plugins that are compiled are compiled once for all tests; the digest of their source decides.
    env: {
      SQUADRON_HOME: join(tmpdir(), `plugmux-squadron-${userInfo().uid}`),
      PLUGMUX_SCAN_FILE: process.env.PLUGMUX_SCAN_FILE,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${SCAN}`.trim(),
    },
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
