import { describe, expect, it } from 'vitest';
import { toLimits } from '../../../src/config/limits.ts';
import type { MemberSpec } from '../../../src/core/host.ts';
import { silentLog } from '../../../src/core/log.ts';
import { Call, silentClient } from '../../../src/gateway/call.ts';
import { Group } from '../../../src/host/group.ts';
import type { Home } from '../../../src/host/home.ts';

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
function home(members: readonly MemberSpec[], hello: Promise<void>): Home {
  let end: (why: string) => void = () => undefined;
  const gone = new Promise<string>((resolve) => {
    end = resolve;
  });
  return {
    gone,
    hello: () => hello,
    load: async () => ({}),
    initialize: async () => ({}),
    call: async () => ({ content: [{ type: 'text', text: String(members[0]?.params.version) }] }),
    request: async () => null,
    busy: () => undefined,
    inFlight: () => [],
    stop: async () => end('stopped'),
  };
}

const newCall = () => new Call({ principal: 'p', profile: 'default', scopes: [] }, silentClient(silentLog));

describe('Group', () => {
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
