import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { readRequirements } from '../../../src/host/python/packages.ts';
import { writeFiles } from '../../support/jaato.ts';
import { tempFolder } from '../../support/temp.ts';

const FILES = { 'pkg/pyproject.toml': '[project]', 'pkg/tiny.py': 'A = 1', 'tiny-1.0.whl': 'wheel' };

/** Whether each of some actions changes the digest of a list of packages. */
async function changes(install: string[], actions: readonly (() => void)[], requirements?: string): Promise<boolean[]> {
  let last = (await readRequirements({ install, requirements })).digest;
  const found = [];
  for (const action of actions) {
    action();
    const { digest } = await readRequirements({ install, requirements });
    found.push(digest !== last);
    last = digest;
  }
  return found;
}

it('distinguishes a changed local package from one that was only touched or built', async () => {
  const dir = tempFolder();
  writeFiles(dir, FILES);
  const write = (name: string, text: string) => () => writeFiles(dir, { [name]: text });
  const actions = [
    () => utimesSync(join(dir, 'pkg/tiny.py'), 1, 1),
    write('pkg/build/lib/tiny.py', 'A = 1'),
    write('pkg/tiny.egg-info/PKG-INFO', 'x'),
    write('pkg/__pycache__/tiny.pyc', 'x'),
    write('pkg/.git/HEAD', 'x'),
    write('pkg/tiny.py', 'A = 2'),
    write('pkg/inner/build/more.py', ''),
    () => symlinkSync(join(dir, 'tiny-1.0.whl'), join(dir, 'pkg/linked')),
    write('tiny-1.0.whl', 'other'),
    () => rmSync(join(dir, 'pkg/inner'), { recursive: true }),
    () => symlinkSync(dir, join(dir, 'pkg/loop')),
  ];
  const expected = [false, false, false, false, false, true, true, true, true, true, false];
  expect(await changes([join(dir, 'pkg')], actions)).toEqual(expected);
});

it.each([
  (dir: string) => `${join(dir, 'pkg')}[fast]`,
  (dir: string) => `${join(dir, 'pkg')} ; python_version > "3"`,
  (dir: string) => `tiny @ ${pathToFileURL(join(dir, 'pkg'))}`,
  (dir: string) => `tiny[fast] @ ${pathToFileURL(join(dir, 'pkg'))}#egg=tiny`,
])('recognises a local package in every form of requirement (%#)', async (toName) => {
  const dir = tempFolder();
  writeFiles(dir, FILES);
  expect(await changes([toName(dir)], [() => writeFiles(dir, { 'pkg/tiny.py': 'A = 2' })])).toEqual([true]);
});

it('includes nested lists and packages', async () => {
  const dir = tempFolder();
  writeFiles(dir, {
    ...FILES,
    'reqs.txt':
      '# all\n-r more/base.txt  # those too\n--constraint=more/limits.txt\n-e ./pkg\nrequests==2.0\nhttps://example.com/x-1.0.whl\n',
    'more/base.txt': 'tiny-1.0.whl\n-r ../reqs.txt\n',
    'more/limits.txt': 'idna<4\n',
  });
  const write = (name: string) => () => writeFileSync(join(dir, name), 'changed');
  const actions = [write('pkg/tiny.py'), write('tiny-1.0.whl'), write('more/limits.txt'), write('more/base.txt')];
  expect(await changes([], actions, join(dir, 'reqs.txt'))).toEqual([true, true, true, true]);
});

it('leaves missing packages to pip', async () => {
  const dir = tempFolder();
  mkdirSync(join(dir, 'x'));
  await expect(readRequirements({ install: [join(dir, 'nothing'), 'tiny @ file://%zz', 'a==1'] })).resolves.toMatchObject({
    file: undefined,
  });
  await expect(readRequirements({ requirements: join(dir, 'nothing.txt') })).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
});
