import { fileURLToPath } from 'node:url';
import { talos } from '../../../dist/adapters/talos/adapter.js';
import { testAdapter } from '../adapter.ts';

testAdapter({
  adapter: talos,
  fixtures: fileURLToPath(new URL('../../fixtures/talos', import.meta.url)),
  toolName: (plugin, tool) => `${plugin}_${tool}`,
});
