import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { squadron } from '../../../dist/adapters/squadron/adapter.js';
import { withoutGo } from '../../support/toolchains.ts';
import { testAdapter } from '../adapter.ts';

const missing = withoutGo();
if (missing === undefined) {
  testAdapter({
    adapter: squadron,
    fixtures: fileURLToPath(new URL('../../fixtures/squadron', import.meta.url)),
    toolName: (plugin, tool) => `plugins_${plugin}_${tool}`,
    skip: [
      {
        reason: 'its messages are those of another protocol, with limits of their own',
        tests: ['a thrown text of several megabytes is truncated and fails only its call'],
      },
    ],
  });
} else {
  describe('adapter contract: squadron', () => void it.skip(`${missing}`));
}
