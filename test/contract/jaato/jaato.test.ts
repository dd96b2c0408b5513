import { fileURLToPath } from 'node:url';
import { jaato } from '../../../dist/adapters/jaato/adapter.js';
import { describeWithPython } from '../../support/python.ts';
import { testAdapter } from '../adapter.ts';

describeWithPython('jaato', () =>
  testAdapter({
    adapter: jaato,
    fixtures: fileURLToPath(new URL('../../fixtures/jaato', import.meta.url)),
    toolName: (_, tool) => tool,
  }),
);
