import { describe, expect, it } from 'vitest';
import { toLimits } from '../../../src/config/limits.ts';
import type { Member, MemberSpec } from '../../../src/core/contract/member.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createStopping } from '../../../src/core/stopping.ts';
import { Call, silentClient } from '../../../src/gateway/call/call.ts';
import { Group } from '../../../src/host/group/group.ts';
import type { PluginWorker, WorkerEvents } from '../../../src/host/group/worker.ts';
import { until } from '../../support/processes.ts';

const spec = (version: string): MemberSpec => ({
  id: 'p',
  group: 'g',
  order: 'p',
  isolation: 'process',
  runtime: { kind: 'node', module: '' },
  params: { version },
  cwd: '/',
  env: {},
  log: silentLog,
});

/** A home that says who answered, and starts when it is told to. */
function home(members: readonly MemberSpec[], hello: Promise<void>): PluginWorker {
  let end: (why: string) => void = () => undefined;
  const gone = new Promise<string>((resolve) => {
    end = resolve;
  });
  return {
    exited: gone,
    handshake: () => hello,
    load: async () => ({}),
    initialize: async () => ({}),
    call: async () => ({ content: [{ type: 'text', text: String(members[0]?.params.version) }] }),
    request: async () => null,
    unavailableReason: () => undefined,
    inFlight: () => [],
    stop: async () => end('stopped'),
  };
}

const newCall = () => new Call({ principal: 'p', profile: 'default', scopes: [] }, silentClient(silentLog));

/** Homes that crash on command, with a log of who took part in each start. */
function crashing(limits: object, plugins: readonly string[]) {
  const starts: string[][] = [];
  let crash: (why: string, blamed: readonly string[], overdue?: boolean) => void = () => undefined;
  const group = new Group(toLimits({ restartMinMs: 1, ...limits }), silentLog, (members) => {
    starts.push(members.map(({ id }) => id));
    let blamed: readonly string[] = [];
    let late = false;
    const base = home(members, Promise.resolve());
    let end: (why: string) => void = () => undefined;
    const gone = new Promise<string>((resolve) => {
      end = resolve;
    });
    crash = (why, inFlight, overdue = false) => {
      blamed = inFlight;
      late = overdue;
      end(why);
    };
    return { ...base, exited: gone, inFlight: () => blamed, overdue: () => late, stop: async () => end('stopped') };
  });
  const seats = plugins.map((id) => group.join({ ...spec(id), id, order: id }));
  const ready = () => until('the group is back', () => seats.some((seat) => seat.state() === 'ready'));
  const crashAll = async (...args: Parameters<typeof crash>): Promise<void> => {
    await ready();
    const before = starts.length;
    crash(...args);
    await until('it starts again', () => starts.length > before);
  };
  return { group, seats, starts, crash: crashAll };
}

describe('Group', () => {
  it('leaves out who crashed it too often for a while, tells calls when it comes back, and tries it again', { tags: ['F56'] }, async () => {
    const { group, seats, starts, crash } = crashing({ restartMaxMs: 500 }, ['bad', 'good']);
    const [bad, good] = seats as [Member, Member];
    await bad.start();
    for (let i = 0; i < 5; i++) await crash('it fell over', ['bad']);
    await until('the other one serves', () => good.state() === 'ready');
    expect([bad.state(), starts.at(-1)]).toEqual(['restarting', ['good']]);
    const error = await bad.call('t', {}, newCall()).catch((e) => e);
    expect(error.code).toBe('PLUGIN_UNAVAILABLE');
    expect(error.details.retryAfterMs).toBeGreaterThan(0);
    await until('it is tried again', () => bad.state() === 'ready');
    expect((await bad.call('t', {}, newCall())).content).toHaveLength(1);
    await group.close();
  });

  it('refuses calls that wait for its home once the gateway is being stopped', async () => {
    const stopping = createStopping();
    const group = new Group(toLimits(), silentLog, (members) => home(members, new Promise(() => undefined)), stopping);
    const member = group.join(spec('1'));
    const waiting = member.call('t', {}, newCall()).catch((e) => e);
    stopping.stop();
    expect(await waiting).toMatchObject({ code: 'DRAINING', outcome: 'NOT_SENT' });
    expect(await member.call('t', {}, newCall()).catch((e) => e)).toMatchObject({ code: 'DRAINING' });
    await group.close();
  });

  it('forgets crashes that are older than the window', { tags: ['F56'] }, async () => {
    const { group, seats, crash } = crashing({ circuitWindowMs: 10 }, ['bad', 'good']);
    const [bad] = seats as [Member];
    await bad.start();
    for (let i = 0; i < 12; i++) await crash('it fell over', ['bad']);
    await until('it serves again', () => bad.state() === 'ready');
    await group.close();
  });

  it('does not count an end that a call brought about by running out of time', { tags: ['F56'] }, async () => {
    const { group, seats, crash } = crashing({ restartMaxMs: 60_000 }, ['slow', 'good']);
    const [slow] = seats as [Member];
    await slow.start();
    for (let i = 0; i < 12; i++) await crash('it hung', ['slow'], true);
    await until('both serve again', () => seats.every((seat) => seat.state() === 'ready'));
    await group.close();
  });

  it('keeps the tools of one that served before and fails to load, and tries it again', async () => {
    let fails = false;
    let kill: (why: string) => void = () => undefined;
    const group = new Group(toLimits({ restartMinMs: 1, restartMaxMs: 100 }), silentLog, (members) => {
      let end: (why: string) => void = () => undefined;
      const gone = new Promise<string>((resolve) => {
        end = resolve;
      });
      kill = end;
      const load = async () => {
        if (fails) throw new Error('the port is taken');
        return {};
      };
      return { ...home(members, Promise.resolve()), exited: gone, load, stop: async () => end('stopped') };
    });
    const member = group.join(spec('1'));
    await member.start();
    fails = true;
    kill('killed');
    await until('it fails', () => member.error()?.message.includes('the port is taken') === true);
    expect(member.state()).toBe('restarting');
    fails = false;
    await until('it is back', () => member.state() === 'ready');
    await group.close();
  });

  it('takes a report that its format refuses for a failure of that plugin, and for a broken rule later', async () => {
    let events: WorkerEvents | undefined;
    const group = new Group(toLimits(), silentLog, (members, given) => {
      events = given;
      return home(members, Promise.resolve());
    });
    const checkReport = (report: JsonObject): void => {
      if (report.bad === true) throw new GatewayError('PLUGIN_PROTOCOL_ERROR', 'it is bad');
    };
    const member = group.join({ ...spec('1'), checkReport });
    await member.start();
    const before = member.report();
    expect(() => events?.changed('p', { bad: true })).toThrow('it is bad');
    expect(member.report()).toBe(before);
    expect(() => events?.changed('gone', { bad: true })).not.toThrow();
    await group.close();

    const other = new Group(toLimits(), silentLog, (members) => ({
      ...home(members, Promise.resolve()),
      load: async () => ({ bad: true }),
    }));
    const refused = other.join({ ...spec('1'), checkReport });
    await refused.start();
    expect([refused.state(), refused.error()?.code]).toEqual(['failed', 'PLUGIN_PROTOCOL_ERROR']);
    await other.close();
  });

  it('tells every listener, also after one that fails', async () => {
    const group = new Group(toLimits(), silentLog, (members) => home(members, Promise.resolve()));
    const member = group.join(spec('1'));
    const told: string[] = [];
    member.onChange(() => {
      throw new Error('no');
    });
    member.onChange(() => void told.push(member.state()));
    await member.start();
    expect(told).toContain('ready');
    await group.close();
  });

  it('gives a call that waits for a plugin to the version that replaces it', async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const group = new Group(toLimits(), silentLog, (members) => home(members, begun));
    const older = group.join(spec('1'));
    const waiting = older.call('t', {}, newCall());
    await Promise.resolve();
    const newer = group.join(spec('2'));
    await older.leave();
    begin();
    expect((await waiting).content).toEqual([{ type: 'text', text: '2' }]);
    expect(newer.state()).toBe('ready');
    await group.close();
  });

  it('refuses a call to a plugin that went away', async () => {
    const group = new Group(toLimits(), silentLog, (members) => home(members, Promise.resolve()));
    const member = group.join(spec('1'));
    await member.start();
    await member.leave();
    await expect(member.call('t', {}, newCall())).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
  });
});
