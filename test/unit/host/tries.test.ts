import { describe, expect, it } from 'vitest';
import { toLimits } from '../../../src/config/limits.ts';
import { silentLog } from '../../../src/core/log.ts';
import { Group } from '../../../src/host/group/group.ts';
import { createTries } from '../../../src/host/group/tries.ts';
import type { PluginWorker } from '../../../src/host/group/worker.ts';
import { until } from '../../support/processes.ts';

describe('tries', { tags: ['start-tries'] }, () => {
  const trying = (withinMs: number) => {
    const clock = { now: 5_000 };
    return { clock, tries: createTries(withinMs, () => clock.now) };
  };

  it('are three if each fails at once', () => {
    const { tries } = trying(30_000);
    const last = [1, 2, 3].map(() => {
      tries.begin();
      return tries.wasLast();
    });
    expect(last).toEqual([false, false, true]);
  });

  it('are fewer if another one would exceed the limit', () => {
    const { clock, tries } = trying(30_000);
    expect(tries.begin()).toBe(30_000);
    clock.now += 12_000;
    expect(tries.wasLast()).toBe(false);
    expect(tries.begin()).toBe(18_000);
    clock.now += 12_000;
    expect(tries.wasLast()).toBe(true);
  });

  it('is one if it takes the whole time', () => {
    const { clock, tries } = trying(30_000);
    tries.begin();
    clock.now += 30_000;
    expect(tries.wasLast()).toBe(true);
  });
});

describe('a group whose worker ends before the handshake', { tags: ['start-tries'] }, () => {
  const spec = (id: string) => ({
    id,
    group: 'g',
    order: id,
    isolation: 'process' as const,
    runtime: { kind: 'node' as const, module: '' },
    params: {},
    cwd: '/',
    env: {},
    log: silentLog,
  });

  function dying(speaks: () => boolean) {
    let starts = 0;
    let end: (why: string) => void = () => undefined;
    const group = new Group(toLimits({ restartMinMs: 1, restartMaxMs: 5 }), silentLog, (): PluginWorker => {
      starts++;
      const exited = new Promise<string>((resolve) => {
        end = resolve;
      });
      if (!speaks()) end('it exited with code 127');
      return {
        exited,
        fix: () => 'Name another one.',
        handshake: () => (speaks() ? Promise.resolve() : new Promise(() => undefined)),
        load: async () => ({}),
        initialize: async () => ({}),
        call: async () => ({ content: [] }),
        request: async () => null,
        unavailableReason: () => undefined,
        inFlight: () => [],
        stop: async () => end('stopped'),
      };
    });
    return { group, starts: () => starts, crash: () => end('it fell over') };
  }

  it('fails after three attempts, with cause and fix', async () => {
    const { group, starts } = dying(() => false);
    const member = group.join(spec('p'));
    await member.start();
    expect([starts(), member.state()]).toEqual([3, 'failed']);
    expect(member.error()).toMatchObject({ code: 'HANDSHAKE_FAILED', fix: 'Name another one.' });
    expect(member.error()?.message).toContain('code 127');
    await group.close();
  });

  it('is retried if its plugin has served before, which keeps its tools', async () => {
    let works = true;
    const { group, starts, crash } = dying(() => works);
    const member = group.join(spec('p'));
    await member.start();
    works = false;
    crash();
    await until('there are more than six attempts', () => starts() > 6);
    expect(member.state()).toBe('restarting');
    works = true;
    await until('it is back', () => member.state() === 'ready');
    await group.close();
  });
});
