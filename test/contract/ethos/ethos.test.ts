import { fileURLToPath } from 'node:url';
import { ethos } from '../../../dist/adapters/ethos/adapter.js';
import { testAdapter } from '../adapter.ts';

testAdapter({
  adapter: ethos,
  fixtures: fileURLToPath(new URL('../../fixtures/ethos', import.meta.url)),
  toolName: (_, tool) => tool,
  // The format truncates longer texts.
  longestText: 80_000,
});
