import { expect, it } from 'vitest';
import { ethos } from '../../dist/adapters/ethos/adapter.js';
import { talos } from '../../dist/adapters/talos/adapter.js';
import { type Format, fuzzChannel } from './support/channel-kind.ts';
import { MESSAGES } from './support/messages.ts';

const talosFormat: Format = {
  adapter: talos,
  report: () => ({
    dialect: 'source',
    functions: ['run'],
    undeclared: ['other'],
    triggers: ['bell', 'tide'],
    subscribes: ['bell'],
    startError: 'none',
  }),
  consults: [{ method: 'trigger.event', params: { trigger: 'bell', emitId: 'one', event: { summary: 'Rung', data: { a: 1 } } } }],
  files(id) {
    const functions = [{ name: 'run', description: 'Runs', parameters: { type: 'object', properties: {} } }];
    return {
      [`${id}/manifest.json`]: JSON.stringify({ id, name: id, description: '', version: '1.0.0', functions }),
      [`${id}/index.ts`]: '',
    };
  },
  entry: (id) => ({ path: `./${id}`, format: 'talos' }),
  toolOf: (id) => `${id}_run`,
};

const ethosFormat: Format = {
  adapter: ethos,
  report: (id) => ({
    shape: 'activate',
    tools: [
      {
        name: 'run',
        description: 'Runs',
        schema: { type: 'object', properties: { a: { type: 'string' } } },
        outputSchema: { type: 'object' },
        toolset: 'set',
        maxResultChars: 1000,
        requiresApproval: false,
        returnDirect: false,
        untrusted: true,
        cache: { ttlMs: 1, keyed: true },
        network: true,
        available: true,
      },
    ],
    hooks: ['after_tool_call', 'session_start'],
    filters: [{ tools: [`${id}_run`], toolset: 'set' }],
    injects: true,
    instructions: 'Use it.',
    commands: [{ name: 'say', description: 'Says', kind: 'prompt', hint: '<a|b>' }],
    personalities: [
      {
        id: `calm-${id}`,
        name: 'Calm',
        plugins: ['x'],
        safety: { denyRules: ['no'], network: { allow: ['a'] } },
        fs_reach: { read: ['/x'] },
      },
    ],
    monitors: [{ name: 'watch', state: 'crashed', error: 'boom' }],
    healthChecks: ['alive'],
    unsupported: ['registerRoute: x'],
    warnings: ['A warning.'],
    metrics: { calls: 1 },
  }),
  consults: [
    { method: 'kv.get', params: { scope: 's', key: 'k' } },
    { method: 'kv.set', params: { scope: 's', key: 'k', value: 'v', ttl: 5 } },
    { method: 'kv.list', params: { scope: 's', prefix: '' } },
    { method: 'secret.set', params: { key: 'k', value: 'planted-value' } },
    { method: 'monitor', params: { name: 'watch', params: { a: 1 } } },
    { method: 'notify', params: { monitor: 'watch', message: 'seen', sessionKey: 's', payload: { a: 1 } } },
  ],
  files: (id) => ({
    [`${id}/package.json`]: JSON.stringify({
      name: id,
      version: '1.0.0',
      type: 'module',
      ethos: { type: 'plugin', pluginContractMajor: 4 },
    }),
    [`${id}/index.ts`]: 'export function activate(api) {}',
  }),
  entry: (id) => ({ path: `./${id}`, format: 'ethos' }),
  toolOf: (id) => `${id}_run`,
};

it(`${MESSAGES} messages on the channels of Node processes harm their senders alone`, async () => {
  const { summary, codes } = await fuzzChannel([talosFormat, ethosFormat], MESSAGES);
  process.stdout.write(`Node channel: ${summary}\n`);
  // The batch must have caused more than one kind of reply.
  expect(codes).toBeGreaterThan(3);
});
