import { describe, expect, it } from 'vitest';
import { toLimits } from '../../../src/config/limits.ts';
import { createStopping } from '../../../src/core/abort/stopping.ts';
import type { Member, MemberSpec } from '../../../src/core/contract/member.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { silentLog } from '../../../src/core/log.ts';
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

/** A worker that returns the version of its plugin, and is ready once `handshake` resolves. */
function worker(members: readonly MemberSpec[], handshake: Promise<void>): PluginWorker {
  let end: (why: string) => void = () => undefined;
  const exited = new Promise<string>((resolve) => {
    end = resolve;
  });
  return {
    exited,
    handshake: () => handshake,
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

/** A group whose workers crash on command, with the plugins of each start. */
function crashing(limits: object, plugins: readonly string[]) {
  const starts: string[][] = [];
  let crash: (why: string, blamed: readonly string[], overdue?: boolean) => void = () => undefined;
  const group = new Group(toLimits({ restartMinMs: 1, ...limits }), silentLog, (members) => {
    starts.push(members.map(({ id }) => id));
    let blamed: readonly string[] = [];
    let late = false;
    const base = worker(members, Promise.resolve());
    let end: (why: string) => void = () => undefined;
    const exited = new Promise<string>((resolve) => {
      end = resolve;
    });
    crash = (why, inFlight, overdue = false) => {
      blamed = inFlight;
      late = overdue;
      end(why);
    };
    return { ...base, exited, inFlight: () => blamed, overdue: () => late, stop: async () => end('stopped') };
  });
  const members = plugins.map((id) => group.join({ ...spec(id), id, order: id }));
  const ready = () => until('the group is back', () => members.some((member) => member.state() === 'ready'));
  const crashAll = async (...args: Parameters<typeof crash>): Promise<void> => {
    await ready();
    const before = starts.length;
    crash(...args);
    await until('it starts again', () => starts.length > before);
  };
  return { group, members, starts, crash: crashAll };
}

describe('Group', () => {
  it('excludes a plugin with too many crashes for a while, and restarts it afterwards', { tags: ['F56'] }, async () => {
    const { group, members, starts, crash } = crashing({ restartMaxMs: 500 }, ['bad', 'good']);
    const [bad, good] = members as [Member, Member];
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

  it('rejects calls that wait for its worker at shutdown', async () => {
    const stopping = createStopping();
    const group = new Group(toLimits(), silentLog, (members) => worker(members, new Promise(() => undefined)), stopping);
    const member = group.join(spec('1'));
    const waiting = member.call('t', {}, newCall()).catch((e) => e);
    stopping.stop();
    expect(await waiting).toMatchObject({ code: 'DRAINING', outcome: 'NOT_SENT' });
    expect(await member.call('t', {}, newCall()).catch((e) => e)).toMatchObject({ code: 'DRAINING' });
    await group.close();
  });

  it('ignores crashes that are older than the window', { tags: ['F56'] }, async () => {
    const { group, members, crash } = crashing({ circuitWindowMs: 10 }, ['bad', 'good']);
    const [bad] = members as [Member];
    await bad.start();
    for (let i = 0; i < 12; i++) await crash('it fell over', ['bad']);
    await until('it serves again', () => bad.state() === 'ready');
    await group.close();
  });

  it('does not count an end caused by a call that timed out', { tags: ['F56'] }, async () => {
    const { group, members, crash } = crashing({ restartMaxMs: 60_000 }, ['slow', 'good']);
    const [slow] = members as [Member];
    await slow.start();
    for (let i = 0; i < 12; i++) await crash('it hung', ['slow'], true);
    await until('both serve again', () => members.every((member) => member.state() === 'ready'));
    await group.close();
  });

  it('keeps the tools of a plugin that served before and fails to load, and retries', async () => {
    let fails = false;
    let kill: (why: string) => void = () => undefined;
    const group = new Group(toLimits({ restartMinMs: 1, restartMaxMs: 100 }), silentLog, (members) => {
      let end: (why: string) => void = () => undefined;
      const exited = new Promise<string>((resolve) => {
        end = resolve;
      });
      kill = end;
      const load = async () => {
        if (fails) throw new Error('the port is taken');
        return {};
      };
      return { ...worker(members, Promise.resolve()), exited, load, stop: async () => end('stopped') };
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

  it('fails a plugin whose first report is invalid, and rejects a later invalid report', async () => {
    let events: WorkerEvents | undefined;
    const group = new Group(toLimits(), silentLog, (members, given) => {
      events = given;
      return worker(members, Promise.resolve());
    });
    const checkReport = (report: JsonObject): void => {
      if (report.bad === true) throw new GatewayError('PLUGIN_PROTOCOL_ERROR', 'it is bad');
    };
    const member = group.join({ ...spec('1'), checkReport });
    await member.start();
    const before = member.report();
    expect(() => events?.changed('p', { bad: true })).toThrow('it is bad');
    expect(member.report()).toBe(before);
    expect(() => events?.changed('unknown', { bad: true })).not.toThrow();
    await group.close();

    const other = new Group(toLimits(), silentLog, (members) => ({
      ...worker(members, Promise.resolve()),
      load: async () => ({ bad: true }),
    }));
    const refused = other.join({ ...spec('1'), checkReport });
    await refused.start();
    expect([refused.state(), refused.error()?.code]).toEqual(['failed', 'PLUGIN_PROTOCOL_ERROR']);
    await other.close();
  });

  it('notifies every listener, even after one that fails', async () => {
    const group = new Group(toLimits(), silentLog, (members) => worker(members, Promise.resolve()));
    const member = group.join(spec('1'));
    const states: string[] = [];
    member.onChange(() => {
      throw new Error('no');
    });
    member.onChange(() => void states.push(member.state()));
    await member.start();
    expect(states).toContain('ready');
    await group.close();
  });

  it('sends a waiting call to the version that replaces its plugin', async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const group = new Group(toLimits(), silentLog, (members) => worker(members, begun));
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

  it('rejects a call to a plugin that has left', async () => {
    const group = new Group(toLimits(), silentLog, (members) => worker(members, Promise.resolve()));
    const member = group.join(spec('1'));
    await member.start();
    await member.leave();
    await expect(member.call('t', {}, newCall())).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
  });
});
