import { expect, it } from 'vitest';
import { jaato } from '../../dist/adapters/jaato/adapter.js';
import { scaiwave } from '../../dist/adapters/scaiwave/adapter.js';
import { type Format, fuzzChannel } from './support/channel-kind.ts';
import { MESSAGES } from './support/messages.ts';

const PROCESS = { python: '3.12 (/usr/bin/python3)', searched: ['/usr/lib/python3'], timings: ['import 1 ms'] };
const PROBLEMS = [{ code: 'TOOL_REFUSED', message: 'It is refused.', fix: 'Mend it.', subject: 'other' }];
const INPUT = { type: 'object', properties: { a: { type: 'string' } } };

const jaatoFormat: Format = {
  adapter: jaato,
  report: (id) => ({
    ...PROCESS,
    stage: 'describe',
    generation: 'T',
    name: id,
    missing: ['get_x'],
    notApplicable: ['get_y'],
    standins: ['google.genai'],
    source: { distribution: 'x' },
    tools: [{ name: `${id}_run`, description: 'Runs', input: INPUT, category: 'files', discoverability: 'core', traits: ['file_writer'] }],
    commands: [
      {
        name: 'say',
        description: 'Says',
        shared: true,
        broken: false,
        parameters: [{ name: 'words', description: 'What to say', required: false, capture_rest: true }],
      },
    ],
    instructions: 'Use it.',
    autoApproved: [`${id}_run`],
    previews: true,
    hiddenExecutors: ['hidden'],
    problems: PROBLEMS,
    tier: 'core',
  }),
  consults: [
    { method: 'restore', params: {} },
    { method: 'persist', params: { state: { a: 1 } } },
    { method: 'preview', params: { plugin: 'a0', tool: 'a0_run', args: {} } },
  ],
  files: (id) => ({ [`${id}.py`]: 'PLUGIN_KIND = "tool"\n\n\ndef create_plugin():\n    return None\n' }),
  entry: (id) => ({ path: `./${id}.py`, format: 'jaato' }),
  toolOf: (id) => `${id}_run`,
};

const scaiwaveFormat: Format = {
  adapter: scaiwave,
  report: (id) => ({
    ...PROCESS,
    described: true,
    id,
    name: id,
    version: '1.0.0',
    description: 'Says',
    permissions: ['external_http'],
    scope: 'private',
    injectsContext: true,
    tools: [{ name: `${id}_run`, description: 'Runs', input: INPUT, usage: 'run <a>', permissions: [], sideEffects: false }],
    dynamic: [{ name: 'made_up', description: 'Runs', input: INPUT, sessions: ['fuzz'] }],
    bySession: true,
    instructions: 'Use it.',
    problems: PROBLEMS,
    standins: ['app.plugins'],
    served: [id],
    others: ['another'],
  }),
  consults: [
    { method: 'installing', params: { version: '1.0.0' } },
    { method: 'installed', params: { version: '1.0.0' } },
    { method: 'notInstalled', params: { version: '1.0.0', error: 'boom' } },
  ],
  files: (id) => ({
    [`${id}.py`]: `from app.plugins.base import BasePlugin\n\n\nclass ${id.toUpperCase()}(BasePlugin):\n    pass\n`,
  }),
  entry: (id) => ({ path: `./${id}.py`, format: 'scaiwave' }),
  toolOf: (id) => `${id}_run`,
};

it(`${MESSAGES} messages on the channels of Python processes harm their senders alone`, async () => {
  const { summary, codes } = await fuzzChannel([jaatoFormat, scaiwaveFormat], MESSAGES);
  process.stdout.write(`Python channel: ${summary}\n`);
  expect(codes).toBeGreaterThan(3);
});
