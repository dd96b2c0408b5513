import { describe, expect, it } from 'vitest';
import { tool, withServer } from '../../support/lock.ts';
import { isAlive, processesWith, until } from '../../support/processes.ts';
import { cli, echo, type Facts, factsOf, line, oneGateway, opened, openWindow } from '../../support/windows.ts';

describe('one gateway for all windows', () => {
  it('has one set of plugin processes, which end with it', { tags: ['one-gateway'] }, async () => {
    const { config, dir } = withServer({ tools: [tool('a_tool')] }, undefined, { oneGateway: true });
    const servers = () => processesWith(`${dir}/listing.json`);
    const call = (id: number): string => line(id, 'tools/call', { name: 'a_tool', arguments: {} });
    const windows = await Promise.all([1, 2].map(() => opened(config)));
    for (const [at, window] of windows.entries()) {
      window.send(call(at + 1));
      expect((await window.reply(at + 1)).error).toBeUndefined();
    }
    const { pid, windows: attached } = (await factsOf(config)) as Facts;
    expect([attached, servers().length]).toEqual([2, 1]);
    expect((await cli(config, 'stop')).code).toBe(0);
    await until('both have ended', () => !isAlive(pid) && servers().length === 0);
  });

  it('answers each of 50 calls of three windows once if it is killed', {
    tags: ['gateway-lost'],
    timeout: 90_000,
  }, async () => {
    const file = oneGateway();
    const windows = await Promise.all([1, 2, 3].map(() => opened(file)));
    const ids = Array.from({ length: 50 }, (_, at) => at + 1);
    const of = (id: number) => windows[id % 3] as (typeof windows)[number];
    for (const id of ids) of(id).send(line(id, 'tools/call', { name: 'wait', arguments: { ms: id % 2 === 0 ? 60_000 : 1 } }));
    const before = (await factsOf(file)) as Facts;
    process.kill(before.pid, 'SIGKILL');
    for (const id of ids) {
      const { error } = await of(id).reply(id);
      if (id % 2 === 0) expect(error?.data).toMatchObject({ code: 'GATEWAY_LOST', outcome: 'SENT_NO_REPLY' });
    }
    for (const [at, window] of windows.entries()) {
      window.send(echo(100 + at));
      expect((await window.reply(100 + at)).error).toBeUndefined();
    }
    for (const id of ids)
      expect(
        of(id)
          .messages()
          .filter((message) => message.id === id),
      ).toHaveLength(1);
    expect(await factsOf(file)).toMatchObject({ kind: 'background', windows: 3 });
  });

  it('is one process for two windows that start in the same instant, three times', {
    tags: ['one-gateway'],
    timeout: 120_000,
  }, async () => {
    for (let round = 0; round < 3; round++) {
      const file = oneGateway();
      const windows = [openWindow(file), openWindow(file)];
      for (const window of windows) window.send(echo(1));
      const window = await opened(file);
      expect(window.stderr() + windows.map(({ stderr }) => stderr()).join('')).toBe('');
      await until('all are attached', async () => (await factsOf(file))?.windows === 3);
      // One that came second ends by itself, which takes a moment on a busy machine.
      await until('only one is left', () => processesWith(file).filter((pid) => isBackground(pid, file)).length === 1);
    }
  });
});

function isBackground(pid: number, file: string): boolean {
  return processesWith(`background\0--config\0${file}`).includes(pid);
}
