import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { BIN, serve } from '../support/gateway.ts';
import { codeOf, readLockOf, tool, withServer } from '../support/lock.ts';

const A = tool('a_tool');

/** What can lie at the place of a lock file; only a file is replaced. */
const BAD: readonly [string, (file: string) => void, string, 'file'?][] = [
  ['conflict markers', (file) => writeFileSync(file, conflict(readFileSync(file, 'utf8'))), 'it has conflict markers of a merge', 'file'],
  ['a sparse file of a terabyte', (file) => truncateSync(file, 1024 ** 4), 'more than the limit of 67 MB', 'file'],
  ['a folder', (file) => replace(file, () => mkdirSync(file)), 'it is a folder'],
  ['a link to nowhere', (file) => replace(file, () => symlinkSync('nowhere', file)), 'it does not exist'],
  ['a pipe', (file) => replace(file, () => execFileSync('mkfifo', [file])), 'it is not a file'],
];

function replace(file: string, by: () => void): void {
  rmSync(file);
  by();
}

function conflict(text: string): string {
  const [line = ''] = /^.*"description".*$/m.exec(text) ?? [];
  return text.replace(line, `<<<<<<< HEAD\n${line}\n=======\n${line.replace('tool', 'other tool')}\n>>>>>>> theirs`);
}

describe('a lock file that cannot be used', () => {
  it.each(BAD)('withholds everything, and is only replaced as a whole: %s', { tags: ['lock-withheld'] }, async (_, spoil, why, isFile) => {
    const { config, lockFile, plugmux, dir } = withServer({ tools: [A], instructions: 'Obey.' });
    expect((await plugmux('lock')).code).toBe(0);
    spoil(lockFile);
    const gateway = await serve(config, { bin: BIN });
    const client = await connect('v1', gateway.at('http'));
    expect([await client.list(), await codeOf(client, 'a_tool')]).toEqual([[], 'TOOL_WITHHELD']);
    expect((client.raw as { getInstructions?: () => string }).getInstructions?.() ?? '').not.toContain('Obey');
    await gateway.said(why);
    await gateway.stop();
    for (const args of [['--check'], ['--accept', 'a_tool'], []])
      expect(await plugmux('lock', ...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(why) });
    const replaced = await plugmux('lock', '--yes');
    expect(replaced).toMatchObject(isFile ? { code: 0 } : { code: 2, stderr: expect.stringContaining('cannot be written') });
    expect((await plugmux('lock', '--check')).code).toBe(isFile ? 0 : 2);
    expect(readdirSync(dir).filter((file) => /tmp|new$|\.lock$/.test(file))).toEqual([]);
  });
});

describe('plugmux lock', () => {
  it('keeps a link to the lock file and its mode', { tags: ['lock-withheld'] }, async () => {
    const { lockFile, plugmux, dir, offer } = withServer({ tools: [A] });
    expect((await plugmux('lock')).code).toBe(0);
    renameSync(lockFile, join(dir, 'real.json'));
    symlinkSync('real.json', lockFile);
    execFileSync('chmod', ['640', join(dir, 'real.json')]);
    offer({ tools: [A, tool('b_tool')] });
    expect((await plugmux('lock', '--accept', 'b_tool')).code).toBe(0);
    expect([lstatSync(lockFile).isSymbolicLink(), statSync(lockFile).mode & 0o777]).toEqual([true, 0o640]);
    expect((await plugmux('lock', '--check')).code).toBe(0);
  });

  it('tells differences by the exit code, and what it could not compare', { tags: ['lock-withheld'] }, async () => {
    const { config, plugmux, offer } = withServer({ tools: [A] });
    expect((await plugmux('lock', '--check')).code).toBe(2);
    expect((await plugmux('lock', '--diff')).stdout).toContain('up › a_tool: new');
    expect((await plugmux('lock')).code).toBe(0);
    expect((await plugmux('lock', '--check')).code).toBe(0);
    offer({ tools: [] });
    const gone = await plugmux('lock', '--check');
    expect([gone.code, gone.stdout]).toEqual([0, 'up › a_tool: gone\n']);
    offer({ tools: [tool('a_tool', 'Another text')] });
    const changed = await plugmux('lock', '--check', '--json');
    expect([changed.code, JSON.parse(changed.stdout)]).toEqual([1, [expect.objectContaining({ tool: 'a_tool', kind: 'changed' })]]);
    writeFileSync(config, readFileSync(config, 'utf8').replace('listing.json', 'none.json'));
    const broken = await plugmux('lock', '--check');
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('up is not ready, so it was not compared')]);
    expect((await plugmux('lock', '--yes')).stdout).toContain('The plugin up is not ready');
    expect(readLockOf(config).plugins.up?.tools).toHaveProperty('a_tool');
  });

  it('accepts prompts, instructions and tools whose names look like them', { tags: ['lock-withheld'] }, async () => {
    const listing = { tools: [tool('instructions'), tool('prompt:x')], prompts: [{ name: 'x' }], instructions: 'First.' };
    const { config, plugmux, offer } = withServer(listing);
    expect((await plugmux('lock')).code).toBe(0);
    const changed = [tool('instructions', 'Second'), tool('prompt:x', 'Second')];
    offer({ tools: changed, prompts: [{ name: 'x', description: 'Second' }], instructions: 'Second.' });
    const { stdout } = await plugmux('lock', '--diff');
    const parts = stdout.match(/^\S.*$/gm)?.sort();
    const own = ['up › prompt:up_instructions: changed'].filter((part) => stdout.includes(part));
    expect(parts).toEqual(
      ['tool:instructions', 'tool:prompt:x', 'prompt:x', 'instructions']
        .map((part) => `up › ${part}: changed`)
        .concat(own)
        .sort(),
    );
    for (const part of ['instructions', 'prompt:x', 'tool:instructions'])
      expect((await plugmux('lock', '--accept', `up/${part}`)).code).toBe(0);
    expect((await plugmux('lock', '--diff')).stdout).toMatch(/^up › tool:prompt:x: changed/);
    const client = await connect('v1', (await serve(config, { bin: BIN })).at('http'));
    expect(await client.list()).toEqual(['instructions']);
  });
});
