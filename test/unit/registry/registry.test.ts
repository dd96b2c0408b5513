import { expect, it } from 'vitest';
import { LIMITS, toLimits } from '../../../src/config/limits.ts';
import type { Adapter } from '../../../src/core/contract/adapter.ts';
import { emptyOffer, type Manifest, type Offer, type Plugin } from '../../../src/core/contract/plugin.ts';
import type { DiscoveredPlugin } from '../../../src/registry/discovery/discovered-plugin.ts';
import { createRegistry } from '../../../src/registry/registry.ts';

const limits = Object.fromEntries(Object.entries(LIMITS).map(([name, { value }]) => [name, value])) as never;
const manifest: Manifest = { id: 'p', version: '1', adapter: 'fake', origin: '/p', watch: [], digest: '' };
const tool = { name: 'late', description: '', input: { type: 'object' }, approval: 'client' } as const;

it('has the tools of a plugin in its catalogue as soon as the plugin counts as listed', async () => {
  let offer: Offer | undefined;
  let changed = (): void => undefined;
  const plugin = {
    manifest,
    offer: () => offer,
    state: () => 'ready',
    onChange(listener: () => void) {
      changed = listener;
    },
    async start() {
      offer ??= { ...emptyOffer, tools: [tool as never] };
      changed();
      changed();
    },
    close: async () => undefined,
  } as unknown as Plugin;
  const adapter = { kind: 'fake', open: async () => plugin } as unknown as Adapter;
  const config = { id: 'p', names: {}, validate: true } as unknown as DiscoveredPlugin['config'];
  const registry = createRegistry({ limits: toLimits(), runOf: () => undefined } as never, undefined);
  await registry.apply([{ id: 'p', origin: '/p', config, manifest, adapter }], limits, () => undefined);
  void registry.start();
  for (let turn = 0; turn < 100; turn++) {
    await Promise.resolve();
    if (registry.whenListed(1) !== undefined) continue;
    expect([...registry.catalogue().tools.keys()]).toEqual(['late']);
    return;
  }
  throw new Error('it never lists');
});
