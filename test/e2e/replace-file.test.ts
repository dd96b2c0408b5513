import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { replaceFile } from '../../src/cli/in-file/replace-file.ts';
import { tempFolder } from '../support/temp.ts';

const BUILT = new URL('../../dist/src/cli/in-file/replace-file.js', import.meta.url).href;
const KILLS = 15;

function fileWith(text: string): { dir: string; file: string; read(): string } {
  const dir = tempFolder();
  const file = join(dir, 'mcp.json');
  writeFileSync(file, text);
  return { dir, file, read: () => readFileSync(file, 'utf8') };
}

function start(code: string): ChildProcess {
  const source = `import { replaceFile } from ${JSON.stringify(BUILT)};\n${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const exitOf = (child: ChildProcess) => new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));

it('concurrent changes of several processes all take effect', async () => {
  const { dir, file, read } = fileWith('0');
  const add = `for (let i = 0; i < 20; i++) await replaceFile(${JSON.stringify(file)}, async (c) => Buffer.from(String(Number(c) + 1)));`;
  expect(await Promise.all([start(add), start(add), start(add)].map(exitOf))).toEqual([0, 0, 0]);
  expect([read(), readdirSync(dir)]).toEqual(['60', ['mcp.json']]);
});

it('a file that changes meanwhile is read again', async () => {
  const { file, read } = fileWith('a');
  const seen: string[] = [];
  const changed = await replaceFile(file, async (content) => {
    if (seen.push(String(content)) === 1) writeFileSync(file, 'saved by an editor');
    return Buffer.from(`${content}, edited`);
  });
  expect([changed, read(), seen]).toEqual([true, 'saved by an editor, edited', ['a', 'saved by an editor']]);
});

it('a process that is killed leaves the old or the new file, and no lock', async () => {
  const texts = ['a', 'b'].map((letter) => letter.repeat(300_000));
  const { file, dir, read } = fileWith(texts[0] as string);
  const loop = `console.log('on');
    for (;;) await replaceFile(${JSON.stringify(file)}, async (c) => Buffer.from((c[0] === 97 ? 'b' : 'a').repeat(300000)));`;
  for (let n = 0; n < KILLS; n++) {
    const child = start(loop);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 2 * n));
    const exited = exitOf(child);
    child.kill('SIGKILL');
    expect(await exited).toBe('SIGKILL');
    expect(texts.includes(read())).toBe(true);
  }
  expect(await replaceFile(file, async () => Buffer.from('c'))).toBe(true);
  expect([read(), readdirSync(dir).filter((name) => !name.startsWith('mcp.json.lock.'))]).toEqual(['c', ['mcp.json']]);
});

it('keeps mode, owner and a link, and leaves nothing behind if nothing changes', async () => {
  const { dir, file } = fileWith('a');
  const link = join(dir, 'link.json');
  symlinkSync(file, link);
  chmodSync(file, 0o640);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(file, 1234, 2345);
  const { uid, gid } = statSync(file);
  expect(await replaceFile(link, async () => undefined)).toBe(false);
  expect(await replaceFile(link, async (content) => content)).toBe(false);
  expect(await replaceFile(link, async () => Buffer.from('b'))).toBe(true);
  const after = statSync(file);
  expect([after.uid, after.gid, after.mode & 0o777, readFileSync(link, 'utf8')]).toEqual([uid, gid, 0o640, 'b']);
  expect(readdirSync(dir).sort()).toEqual(['link.json', 'mcp.json']);
});

it('an error of the system names the file and what to do', async () => {
  const dir = tempFolder();
  // No name is left for the lock beside it.
  const file = join(dir, 'x'.repeat(255));
  writeFileSync(file, 'a');
  await expect(replaceFile(file, async () => Buffer.from('b'))).rejects.toMatchObject({
    message: expect.stringContaining('cannot be written: '),
    fix: 'The file is unchanged. Make it and its folder writable, or edit the file yourself.',
  });
  await expect(replaceFile(join(dir, 'none'), async () => undefined)).rejects.toMatchObject({
    message: expect.stringContaining('it does not exist'),
  });
  expect([readFileSync(file, 'utf8'), readdirSync(dir).length]).toEqual(['a', 1]);
});
