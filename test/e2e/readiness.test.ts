import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyOffer } from '../../dist/src/core/contract/plugin.js';
import { openApp } from '../support/app.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

/** A format whose only plugin has the state that the test sets. */
function puppet(first: string) {
  let state = first;
  const listeners: (() => void)[] = [];
  const adapter = {
    kind: 'puppet',
    options: {},
    paths: [],
    read: async ({ key, path }: { key?: string; path: string }) => [
      { id: key, version: '1', adapter: 'puppet', origin: path, watch: [], digest: 'd', name: key },
    ],
    open: async (manifest: object) => ({
      manifest,
      offer: () => (state === 'ready' ? emptyOffer : undefined),
      state: () => state,
      start: () => new Promise<void>(() => undefined),
      onChange: (listener: () => void) => listeners.push(listener),
      close: async () => undefined,
    }),
  };
  const move = (next: string): void => {
    state = next;
    for (const listener of listeners) listener();
  };
  return { adapter: adapter as never, move };
}

describe('readiness', () => {
  it.each(['ready', 'failed', 'restarting'])(
    'comes when the plugin is %s for the first time, and stays from then on',
    {
      tags: ['health-words'],
    },
    async (state) => {
      const dir = tempFolder();
      const { adapter, move } = puppet('opening');
      const { instance: app } = await openApp(
        [adapter],
        { plugins: { p: { path: dir } }, limits: { firstListMs: 3_600_000 } },
        join(dir, 'home'),
      );
      expect(app.ready()).toBe(false);
      move(state);
      expect(app.ready()).toBe(true);
      for (const later of ['restarting', 'opening', 'failed', 'opening']) {
        move(later);
        expect([later, app.ready()]).toEqual([later, true]);
      }
      expect(app.plugins().map((plugin) => [plugin.id, plugin.state])).toEqual([['p', 'opening']]);
    },
  );

  it('waits for a plugin that neither opens nor fails only as long as for a first list', { tags: ['health-words'] }, async () => {
    const dir = tempFolder();
    const { adapter } = puppet('opening');
    const { instance: app } = await openApp([adapter], { plugins: { p: { path: dir } }, limits: { firstListMs: 200 } }, join(dir, 'home'));
    await until('it is ready', () => app.ready());
  });
});
