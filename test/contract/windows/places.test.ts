import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { windowPlace } from '../../../src/core/window/place.ts';
import { writeConfig } from '../../support/gateway.ts';
import { isAlive, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { cli, type Facts, factsOf, oneGateway, opened } from '../../support/windows.ts';

const LONG = 'long'.repeat(30);
const alone = (state: string) => {
  const file = writeConfig({ oneGateway: true, state: './state' }, ['plain'], tempFolder());
  return { file, state: join(dirname(file), state) };
};

describe('the socket of windows', { tags: ['one-gateway'] }, () => {
  it('never has a path that would be cut, however long the folders are', () => {
    const before = process.env.TMPDIR;
    for (const [state, temporary] of [
      [`/${LONG}`, undefined],
      [`/${LONG}`, `/${LONG}`],
      ['/s', `/${LONG}`],
    ]) {
      if (temporary !== undefined) process.env.TMPDIR = temporary;
      const { socket, folder } = windowPlace(state as string, process.execPath);
      expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(100);
      expect(dirname(socket)).toBe(folder);
      process.env.TMPDIR = before ?? tmpdir();
    }
    if (before === undefined) delete process.env.TMPDIR;
  });

  it('lies in a private folder of the temporary one if the state folder has a long path', async () => {
    const file = oneGateway({ state: `./${LONG}` });
    const windows = await Promise.all([opened(file), opened(file)]);
    expect(windows.map(({ stderr }) => stderr())).toEqual(['', '']);
    expect(await factsOf(file)).toMatchObject({ windows: 2 });
    expect(readdirSync(join(dirname(file), LONG))).not.toContain('run');
  });

  it('is taken over from a gateway that was killed, and from a file in its place', async () => {
    const file = oneGateway();
    const run = join(dirname(file), 'state/run');
    const first = await opened(file);
    first.child.kill('SIGKILL');
    const { pid } = (await factsOf(file)) as Facts;
    process.kill(pid, 'SIGKILL');
    await until('it has ended', () => !isAlive(pid));
    const [socket = ''] = readdirSync(run).filter((name) => name.endsWith('.sock'));
    expect((await opened(file)).stderr()).toBe('');
    const facts = (await factsOf(file)) as Facts;
    await cli(file, 'stop');
    await until('it has ended', () => !isAlive(facts.pid));
    rmSync(join(run, socket), { force: true });
    writeFileSync(join(run, socket), 'no socket');
    expect((await opened(file)).stderr()).toBe('');
    expect(await factsOf(file)).toMatchObject({ kind: 'background' });
  });

  it.each<[string, (state: string) => void, string]>([
    ['others can enter', openFolder, 'other users can enter it'],
    ['is a link', (state) => symlinkSync(tempFolder(), join(mkdirSync(state, { recursive: true }) ?? state, 'run')), 'it is not a folder'],
  ])('is not used in a folder that %s; the window serves itself', async (_, spoil, why) => {
    const { file, state } = alone('state');
    spoil(state);
    const window = await opened(file);
    await until('it says why', () => window.stderr().includes(why));
    expect(await factsOf(file)).toBeUndefined();
  });

  it('is missing without an error if the state folder cannot exist', async () => {
    const { file, state } = alone('state');
    writeFileSync(state, 'a file');
    expect(await cli(file, 'status')).toMatchObject({ code: 0, stdout: 'No gateway runs.\n', stderr: '' });
  });
});

function openFolder(state: string): void {
  mkdirSync(join(state, 'run'), { recursive: true });
  chmodSync(join(state, 'run'), 0o777);
}
