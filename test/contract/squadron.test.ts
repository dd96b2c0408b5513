import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { squadron } from '../../dist/adapters/squadron/adapter.js';
import { withoutGo } from '../support/toolchains.ts';
import { testAdapter } from './adapter.ts';

// Every fixture is built once; the digest of its source decides whether it is built again.
const home = join(tmpdir(), `plugmux-squadron-${process.getuid?.() ?? 0}`);
mkdirSync(home, { recursive: true, mode: 0o700 });
process.env.SQUADRON_HOME = home;

const missing = withoutGo();
if (missing === undefined) {
  testAdapter({
    adapter: squadron,
    fixtures: fileURLToPath(new URL('../fixtures/squadron', import.meta.url)),
    toolName: (plugin, tool) => `plugins_${plugin}_${tool}`,
  });
} else {
  describe('adapter contract: squadron', () => void it.skip(`${missing}`));
}
