import { expect, it } from 'vitest';
import { ethos } from '../../dist/adapters/ethos/adapter.js';
import { talos } from '../../dist/adapters/talos/adapter.js';
import type { MemberSpec } from '../../dist/src/core/host.js';
import { channelTemplates, startTemplates } from './support/channel-messages.ts';
import { batch, Peer } from './support/channel-peer.ts';
import { CANARY_ALONE, inPipes, openFuzzHouse } from './support/fuzz-house.ts';
import { Oracle } from './support/oracle.ts';

const MESSAGES = 20_000;
const FORMATS = ['talos', 'ethos'] as const;
const EACH = 3;

const TALOS = { dialect: 'source', functions: ['run'], undeclared: ['other'], triggers: [], startError: 'none' };
const ethosReport = (id: string): object => ({
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
    { id: 'calm', name: 'Calm', plugins: ['x'], safety: { denyRules: ['no'], network: { allow: ['a'] } }, fs_reach: { read: ['/x'] } },
  ],
  monitors: [{ name: 'watch', state: 'crashed', error: 'boom' }],
  healthChecks: ['alive'],
  unsupported: ['registerRoute: x'],
  warnings: ['A warning.'],
  metrics: { calls: 1 },
});
/** What the runtime of Ethos plugins asks of its adapter. */
const CONSULTS = [
  { method: 'kv.get', params: { scope: 's', key: 'k' } },
  { method: 'kv.set', params: { scope: 's', key: 'k', value: 'v', ttl: 5 } },
  { method: 'kv.list', params: { scope: 's', prefix: '' } },
  { method: 'secret.set', params: { key: 'k', value: 'planted-value' } },
  { method: 'monitor', params: { name: 'watch', params: { a: 1 } } },
  { method: 'notify', params: { monitor: 'watch', message: 'seen', sessionKey: 's', payload: { a: 1 } } },
];
const reportOf = (id: string): object => (id.startsWith('ethos') ? ethosReport(id) : TALOS);

it(`${MESSAGES} messages on the channels of Node processes harm their senders alone`, async () => {
  const oracle = new Oracle([]);
  const peers = new Map<string, Peer>();
  const files: Record<string, string> = {};
  const plugins: Record<string, object> = {};
  for (const format of FORMATS)
    for (let i = 0; i < EACH; i++) {
      const id = `${format}${i}`;
      const report = reportOf(id);
      peers.set(id, new Peer(id, report, channelTemplates(report, format === 'ethos' ? CONSULTS : []), { starts: startTemplates(report) }));
      plugins[id] = { path: `./${id}`, format, approval: 'allow' };
      Object.assign(files, format === 'talos' ? talosFiles(id) : ethosFiles(id));
    }
  const canary = new Peer('canary', TALOS, []);
  peers.set('canary', canary);
  plugins.canary = { path: './canary', approval: 'allow' };
  Object.assign(files, talosFiles('canary'));

  const script = ({ id }: MemberSpec) => (peers.get(id) as Peer).script;
  const house = await openFuzzHouse([inPipes(talos, script), inPipes(ethos, script)], { plugins, ...CANARY_ALONE }, files, oracle);
  oracle.sing(() => house.call('canary_run', 'calm'));
  const fuzzed = [...peers.values()].filter((peer) => peer !== canary);
  const names = (id: string): string => `${id}_run`;
  await batch({ peers: fuzzed, names, messages: MESSAGES, house, oracle });
  const summary = await oracle.read();
  process.stdout.write(`Node channel: ${summary}\n`);
  // Good messages among the bad ones have been answered as such.
  expect(oracle.codes.size).toBeGreaterThan(3);
});

function talosFiles(id: string): Record<string, string> {
  const functions = [{ name: 'run', description: 'Runs', parameters: { type: 'object', properties: {} } }];
  return {
    [`${id}/manifest.json`]: JSON.stringify({ id, name: id, description: '', version: '1.0.0', functions }),
    [`${id}/index.ts`]: '',
  };
}

function ethosFiles(id: string): Record<string, string> {
  const json = { name: id, version: '1.0.0', type: 'module', ethos: { type: 'plugin', pluginContractMajor: 4 } };
  return { [`${id}/package.json`]: JSON.stringify(json), [`${id}/index.ts`]: 'export function activate(api) {}' };
}
