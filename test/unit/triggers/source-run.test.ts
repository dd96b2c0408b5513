import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EventSources, RawEvent } from '../../../src/core/contract/event-source.ts';
import type { PluginState } from '../../../src/core/contract/plugin.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { createEventTable, type EventTable } from '../../../src/store/event-table.ts';
import { createStateFile } from '../../../src/store/state-file.ts';
import { createSourceRun, type SourceRun } from '../../../src/triggers/source-run.ts';
import { keepLog } from '../../support/app.ts';
import { tempFolder } from '../../support/temp.ts';

const KEY = { plugin: 'p', trigger: 't' };
const MINUTE = 60_000;

interface Setup {
  readonly run: SourceRun;
  readonly table: EventTable;
  readonly looks: JsonObject[];
  readonly stored: () => number;
  set(next: Partial<EventSources> & { readonly kind?: 'poll' | 'subscribe'; readonly state?: PluginState }): void;
}

function tableIn(dir: string): EventTable {
  const file = createStateFile(dir);
  onTestFinished(() => file.close());
  return createEventTable(file, { events: 500, eventDays: 7 });
}

function setUp(dir = join(tempFolder(), 'state'), owner = 'one'): Setup {
  const table = tableIn(dir);
  const looks: JsonObject[] = [];
  let kind: 'poll' | 'subscribe' = 'poll';
  let state: PluginState = 'ready';
  let stored = 0;
  const sources: EventSources = {
    everyMs: () => MINUTE,
    async look(_, before) {
      looks.push(before);
      const n = ((before.n as number | undefined) ?? 0) + 1;
      return { event: { data: n }, state: { n } };
    },
    open: async () => async () => undefined,
    passes: async () => true,
  };
  const current = { ...sources };
  const run = createSourceRun({
    key: KEY,
    plugin: { start: async () => undefined, state: () => state },
    sources: {
      everyMs: (id) => current.everyMs(id),
      look: (...of) => current.look(...of),
      open: (...of) => current.open(...of),
      passes: (...of) => current.passes(...of),
    },
    trigger: () => ({ id: 't', title: 't', kind }),
    table,
    owner,
    lookMs: () => 120_000,
    stored: () => stored++,
    log: keepLog().log,
  });
  onTestFinished(() => run.close());
  return {
    run,
    table,
    looks,
    stored: () => stored,
    set({ kind: newKind, state: newState, ...functions }) {
      kind = newKind ?? kind;
      state = newState ?? state;
      Object.assign(current, functions);
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_900_000_000_000, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => void vi.useRealTimers());

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('a trigger that is looked at', () => {
  it('looks 5 s after it is wanted, then once per interval, each time from the state of the last look', {
    tags: ['trigger-once'],
  }, async () => {
    const { run, looks, table, stored } = setUp();
    await pass(10 * MINUTE);
    expect(looks).toEqual([]);
    run.want();
    await pass(4_900);
    expect(looks).toEqual([]);
    await pass(200);
    expect(looks).toEqual([{}]);
    await pass(1.1 * MINUTE);
    expect(looks).toEqual([{}, { n: 1 }]);
    await pass(10 * 1.1 * MINUTE);
    expect(looks.length).toBeGreaterThanOrEqual(12);
    expect(table.recent(KEY, 50).map(({ data }) => data)).toEqual(looks.map((_, i) => i + 1));
    expect(stored()).toBe(looks.length);
  });

  it('stops a minute after the last watcher left, and not if one returns', async () => {
    const { run, looks } = setUp();
    const leave = run.want();
    await pass(6_000);
    leave();
    leave();
    await pass(30_000);
    const again = run.want();
    await pass(5 * MINUTE);
    expect(run.isOn()).toBe(true);
    again();
    await pass(61_000);
    expect(run.isOn()).toBe(false);
    const count = looks.length;
    await pass(60 * MINUTE);
    expect(looks.length).toBe(count);
  });

  it('never begins a look before the last one has ended, even one that was late', async () => {
    const { run, set, table } = setUp();
    let begun = 0;
    let end: (() => void) | undefined;
    set({
      look: () => {
        begun++;
        return new Promise((resolve) => {
          end = () => resolve({ event: { data: 'late' }, state: { late: true } });
        });
      },
    });
    run.want();
    await pass(30 * MINUTE);
    expect(begun).toBe(1);
    expect(table.state(KEY)).toMatchObject({ failures: 1, error: 'it took longer than 120 s', state: {} });
    end?.();
    await pass(0);
    // The result of a look that was given up is dropped; the next one begins from the old state.
    expect(table.recent(KEY, 5)).toEqual([]);
    await pass(MINUTE);
    expect(begun).toBe(2);
  });

  it('keeps the state after a failure and waits twice as long each time, at most an hour', async () => {
    const { run, set, table } = setUp();
    const times: number[] = [];
    set({
      look: async () => {
        times.push(Date.now());
        throw new Error('no network');
      },
    });
    run.want();
    await pass(5 * 60 * MINUTE);
    const gaps = times.slice(1).map((time, i) => Math.round((time - (times[i] as number)) / MINUTE));
    expect(gaps.slice(0, 7)).toEqual([
      expect.closeTo(2, -1),
      expect.closeTo(4, -1),
      expect.closeTo(8, -1),
      expect.closeTo(16, -1),
      expect.closeTo(32, -1),
      60,
      60,
    ]);
    expect(table.state(KEY)).toMatchObject({ state: {}, error: 'no network' });
  });
});

describe('two gateways on one state folder', () => {
  it('only one looks; the other one takes over within its lease once the first is gone', { tags: ['trigger-lease'] }, async () => {
    const dir = join(tempFolder(), 'state');
    const one = setUp(dir, 'one');
    const two = setUp(dir, 'two');
    one.run.want();
    two.run.want();
    await pass(10 * MINUTE);
    expect(one.looks.length).toBeGreaterThan(8);
    expect(two.looks).toEqual([]);
    await one.run.close();
    await pass(2 * MINUTE);
    expect(two.looks.length).toBeGreaterThan(0);
    expect(two.looks[0]).toEqual({ n: one.looks.length });
  });

  it('stores nothing of a look whose lease was lost meanwhile', async () => {
    const { run, set, table } = setUp();
    set({
      look: async () => {
        vi.setSystemTime(Date.now() + 31_000);
        expect(table.lease(KEY, 'other')).toBe(true);
        return { event: { data: 1 }, state: { n: 1 } };
      },
    });
    run.want();
    await pass(6_000);
    expect(table.recent(KEY, 5)).toEqual([]);
    expect(table.state(KEY).state).toEqual({});
  });
});

describe('a trigger that reports events', () => {
  const opened = (set: Setup['set']) => {
    const opens: ((emitId: string, event: RawEvent) => Promise<void>)[] = [];
    let ended = 0;
    set({
      kind: 'subscribe',
      open: async (_, take) => {
        opens.push(take);
        return async () => void ended++;
      },
    });
    return { opens, ended: () => ended };
  };

  it('stores each emission once, in order, and ends after its last watcher', { tags: ['trigger-once'] }, async () => {
    const { run, set, table } = setUp();
    const { opens, ended } = opened(set);
    const leave = run.want();
    await pass(10);
    for (const id of ['a', 'b', 'a', 'a', 'c', 'b']) await opens[0]?.(id, { summary: id });
    expect(table.recent(KEY, 50).map(({ summary }) => summary)).toEqual(['a', 'b', 'c']);
    leave();
    await pass(61_000);
    expect([opens.length, ended()]).toEqual([1, 1]);
  });

  it('opens it again after its process has ended', async () => {
    const { run, set } = setUp();
    const { opens } = opened(set);
    run.want();
    await pass(10);
    set({ state: 'restarting' });
    run.changed();
    await pass(20_000);
    expect(opens.length).toBe(1);
    set({ state: 'ready' });
    await pass(6_000);
    expect(opens.length).toBe(2);
  });

  it('stores at most 100 events a minute', { tags: ['trigger-bounds'] }, async () => {
    const { run, set, table } = setUp();
    const { opens } = opened(set);
    run.want();
    await pass(10);
    for (let i = 0; i < 150; i++) await opens[0]?.(`e${i}`, { data: i });
    expect(table.recent(KEY, 500).length).toBe(100);
    expect(table.state(KEY).error).toContain('100 events in a minute');
    await pass(61_000);
    await opens[0]?.('later', { data: 'later' });
    expect(table.recent(KEY, 1)[0]?.data).toBe('later');
  });
});
