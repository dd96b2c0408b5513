import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { createLockAdmin } from '../../../src/gateway/lock-admin.ts';
import { createPins } from '../../../src/policy/pins.ts';
import type { Catalogue, ToolEntry } from '../../../src/registry/catalogue/catalogue.ts';
import { surfaceOf } from '../../../src/registry/catalogue/surface.ts';
import { createPinTable } from '../../../src/store/pin-table.ts';
import { createStateFile } from '../../../src/store/state-file.ts';
import { tempFolder } from '../../support/temp.ts';

const entry = (name: string, description: string, others: readonly ToolEntry[] = []): ToolEntry =>
  ({ name, plugin: { id: 'p', digest: 'd' }, tool: { name }, description, input: {}, others }) as unknown as ToolEntry;

/** A gateway's lock file, over a catalogue that the test sets. */
async function open(state: string, dir: string, config = 'mcp.json') {
  const file = createStateFile(state);
  onTestFinished(() => file.close());
  const pins = createPins({ file: join(dir, config), dir }, createPinTable(file, join(dir, config)), silentLog);
  await pins.refresh();
  let catalogue = {} as Catalogue;
  const plugin = { id: 'p', state: 'ready' as string };
  const offer = (...tools: readonly ToolEntry[]): readonly string[] => {
    const none = { prompts: new Map(), skills: new Map(), resources: new Map(), instructions: [] };
    const all = { ...none, tools: new Map(tools.map((tool) => [tool.name, tool])) };
    catalogue = pins.filter(all as unknown as Catalogue);
    return [...catalogue.tools.values()].flatMap((tool) => [tool, ...tool.others]).map(({ description }) => description);
  };
  const admin = createLockAdmin(pins, { catalogue: () => catalogue, plugins: () => [plugin] as never, rebuild: () => undefined }, () => 1);
  const write = async (): Promise<void> => {
    const { text, settled } = admin.next(() => false);
    writeFileSync(join(dir, 'plugmux.lock.json'), text);
    pins.table.remove(settled);
    await pins.refresh();
  };
  const first = async (...tools: readonly ToolEntry[]): Promise<void> => {
    offer(...tools);
    writeFileSync(join(dir, 'plugmux.lock.json'), admin.next(() => true).text);
    await pins.refresh();
  };
  const accept = (tool: ToolEntry): void => admin.accept([{ plugin: 'p', tool: tool.name, surface: surfaceOf(tool) }], 'test');
  return { admin, offer, accept, write, first, plugin, table: pins.table };
}

const [old, changed, third] = ['old', 'changed', 'third'].map((text) => entry('t', text)) as [ToolEntry, ToolEntry, ToolEntry];

it('configurations that share a state folder do not share what was accepted', { tags: ['lock-withheld'] }, async () => {
  const [state, dir] = [tempFolder(), tempFolder()];
  const [a, b, c] = [await open(state, dir), await open(state, tempFolder()), await open(state, dir, 'other.json')];
  for (const one of [a, b, c]) await one.first(old);
  for (const one of [a, b, c]) expect(one.offer(changed)).toEqual([]);
  a.accept(changed);
  expect([a, b, c].map(({ offer }) => offer(changed))).toEqual([['changed'], [], []]);
  expect(b.offer(third)).toEqual([]);
  b.accept(third);
  expect([a.offer(changed), b.offer(third), c.offer(third)]).toEqual([['changed'], ['third'], []]);
  await b.write();
  expect([a.offer(changed), a.table.list().length, b.table.list().length]).toEqual([['changed'], 1, 0]);
});

it('each variant of a tool is accepted for itself', { tags: ['lock-withheld'] }, async () => {
  const one = await open(tempFolder(), tempFolder());
  await one.first(old);
  const both = { ...changed, others: [third] };
  expect(one.offer(both)).toEqual([]);
  one.accept(changed);
  expect([one.offer(both), one.admin.changes()[0]?.accepted]).toEqual([['changed'], undefined]);
  await one.write();
  expect(one.offer(both)).toEqual(['changed']);
  one.accept(third);
  expect([one.offer(both), one.admin.changes()[0]?.accepted?.by]).toEqual([['changed', 'third'], 'test']);
  await one.write();
  expect([one.offer(both), one.admin.changes(), one.table.list()]).toEqual([['changed', 'third'], [], []]);
});

it('what was accepted of a plugin stays while it is not ready', { tags: ['lock-withheld'] }, async () => {
  const one = await open(tempFolder(), tempFolder());
  await one.first(old);
  one.offer(changed);
  one.accept(changed);
  one.plugin.state = 'failed';
  one.offer();
  await one.write();
  one.plugin.state = 'ready';
  expect(one.offer(changed)).toEqual(['changed']);
  one.offer(third);
  await one.write();
  expect(one.table.list()).toEqual([]);
});
