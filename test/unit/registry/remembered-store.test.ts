import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyOffer } from '../../../dist/src/core/contract/plugin.js';
import { silentLog } from '../../../dist/src/core/log.js';
import type { DiscoveredPlugin } from '../../../dist/src/registry/discovery/discovered-plugin.js';
import { createOfferMemory } from '../../../dist/src/registry/offer/offer-memory.js';
import { createStore } from '../../../dist/src/store/store.js';
import { openApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { edit, names, rows, Stage, stateOf } from '../../support/stage.ts';
import { tempFolder } from '../../support/temp.ts';

const LONG = 5 * 1024 * 1024;

async function stageWith(...ids: string[]): Promise<Stage> {
  const stage = new Stage(...ids);
  for (const id of ids) stage.offers.set(id, { tools: [stage.tool(id, id)] });
  await stage.firstStart();
  return stage;
}

describe('the stored offers', { tags: ['catalogue-remembered'] }, () => {
  it('do not include plugins that are no longer configured', async () => {
    const stage = await stageWith('a', 'b');
    expect(rows(stage.dir).map(([key]) => key.split(' ')[1])).toEqual(['a', 'b']);
    await (await stage.open(stage.configOf('a'))).close();
    expect(rows(stage.dir).map(([key]) => key.split(' ')[1])).toEqual(['a']);
  });

  it('are deleted for a configuration file that no gateway has used for 90 days', () => {
    const dir = tempFolder();
    const store = createStore(dir);
    let day = 100;
    const key = Buffer.alloc(32);
    const gateway = (file: string) =>
      createOfferMemory(
        store,
        () => key,
        file,
        silentLog,
        () => day * 86_400_000,
      );
    const found = { id: 'a', origin: '', config: { entry: {} } } as unknown as DiscoveredPlugin;
    const start = (file: string): void => {
      gateway(file).set(found, emptyOffer);
      gateway(file).prune(new Set(['a']));
    };
    const known = () => ['one', 'two', 'old'].filter((file) => gateway(file).get(found, async () => Promise.reject(new Error('no'))));
    gateway('old').set(found, emptyOffer);
    start('one');
    day += 60;
    start('two');
    day += 30;
    start('two');
    expect(known()).toEqual(['one', 'two', 'old']);
    day += 1;
    start('two');
    expect(known()).toEqual(['two']);
    expect(store.keys('offers-used')).toHaveLength(1);
    store.close();
  });

  it('contain only a mark for an offer that depends on a login', async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'mine')], personal: true });
    await stage.firstStart();
    expect(rows(stage.dir).map(([, row]) => row.split('\n')[1])).toEqual(['true']);
  });

  it('do not list a tool that is not served', async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'good'), stage.tool('a', 'bad', { fault: 'its header is empty' })] });
    const app = await stage.secondStart();
    expect([names(app), app.instance.plugins()[0]?.quarantined]).toMatchObject([['good'], [{ tool: 'bad' }]]);
  });

  it('keep the previous contents of a list that could not be read', async () => {
    const stage = new Stage('a');
    const prompts = [{ name: 'p', get: async () => ({ messages: [] }) }];
    stage.offers.set('a', { tools: [stage.tool('a', 'one')], prompts });
    await stage.firstStart();
    const kept = () => rows(stage.dir).map(([, row]) => JSON.parse(row.split('\n')[1] as string));
    const [before] = kept();
    for (const [offer, expected] of [
      [
        { prompts: [], unread: ['tools'] },
        { tools: before.tools, prompts: [] },
      ],
      [{ prompts }, { tools: [], prompts: before.prompts }],
    ] as const) {
      stage.offers.set('a', offer);
      const app = await stage.open();
      await app.instance.registry.start();
      stage.move('a', 'ready');
      await until('it is kept', () => JSON.stringify(kept()[0].prompts) === JSON.stringify(expected.prompts));
      expect(kept()).toMatchObject([expected]);
      await app.close();
    }
  });

  it.each([
    ['was written by an older version', (row: string) => row.replace('"reads":false,', '')],
    ['is too long', (row: string) => row.replace('"does a"', `"${'x'.repeat(LONG)}"`)],
    ['is empty', () => ''],
    ['contains no offer', (row: string) => `${row.split('\n')[0]}\n[]`],
  ])('are ignored if the row %s', async (_, change) => {
    const stage = await stageWith('a');
    edit(stage.dir, change);
    const app = await stage.open();
    expect([names(app), stage.opened, app.instance.gateway.introduced()]).toEqual([[], ['a'], expect.any(Promise)]);
    await until('it is started', () => stage.started.length > 0);
    stage.move('a', 'ready');
    await until('it is listed', () => names(app).length === 1);
  });

  it('are not used without the key of the state folder', async () => {
    const stage = await stageWith('a');
    rmSync(join(stage.dir, '.plugmux/key'));
    mkdirSync(join(stage.dir, '.plugmux/key/in-the-way'), { recursive: true });
    const app = await stage.open();
    expect([names(app), app.instance.gateway.introduced()]).toEqual([[], expect.any(Promise)]);
    stage.move('a', 'ready');
    await until('it is listed', () => names(app).length === 1);
  });

  it('are not used with another key', async () => {
    const stage = await stageWith('a');
    writeFileSync(join(stage.dir, '.plugmux/key'), Buffer.alloc(32, 7));
    expect(names(await stage.open())).toEqual([]);
  });

  it('are shared by concurrent gateways with one file', async () => {
    const [one, other] = [await stageWith('a'), new Stage('a')];
    other.offers.set('a', { tools: [other.tool('a', 'newer')] });
    const first = await one.open();
    const second = await openApp([other.adapter], one.config, one.dir);
    for (const [app, stage] of [
      [first, one],
      [second, other],
    ] as const) {
      await app.instance.registry.start();
      stage.move('a', 'ready');
      await until('it is ready', () => stateOf(app, 'a') === 'ready');
    }
    await first.close();
    await second.close();
    expect(rows(one.dir)).toHaveLength(1);
    expect(names(await openApp([other.adapter], one.config, one.dir))).toEqual(['newer']);
  });
});
