import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { testAdapter } from '../adapter.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/mcp', import.meta.url));

testAdapter({
  adapter: mcp,
  fixtures,
  toolName: (_, tool) => tool,
  skip: [
    {
      reason: 'its messages are those of another protocol, with limits of their own',
      tests: ['a thrown text of several megabytes is truncated and fails only its call'],
    },
  ],
  config: (entries) => ({
    mcpServers: Object.fromEntries(
      Object.entries(entries).map(([id, { fixture, keys }]) => [
        id,
        { command: process.execPath, args: [join(fixtures, fixture, 'server.mjs')], ...keys },
      ]),
    ),
  }),
});
