import { fileURLToPath } from 'node:url';
import { scaiwave } from '../../../dist/adapters/scaiwave/adapter.js';
import { describeWithPython } from '../../support/python.ts';
import { testAdapter } from '../adapter.ts';

describeWithPython('scaiwave', () =>
  testAdapter({
    adapter: scaiwave,
    fixtures: fileURLToPath(new URL('../../fixtures/scaiwave', import.meta.url)),
    toolName: (_, tool) => tool,
    emptyText: '(no result)',
    skip: [{ reason: 'the format has texts and no structured results', tests: ['structured results are returned as data and as text'] }],
  }),
);
