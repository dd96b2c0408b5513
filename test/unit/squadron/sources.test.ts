import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installFolder } from '../../../adapters/squadron/install/home.ts';
import { findChecksum, parseRelease } from '../../../adapters/squadron/install/release.ts';
import { findProgram, readRunner, writeRunner } from '../../../adapters/squadron/install/runner.ts';
import { hashSource } from '../../../adapters/squadron/install/source-hash.ts';
import { resolveSource } from '../../../adapters/squadron/path-rule.ts';
import { isPluginSource, nameOfFolder } from '../../../adapters/squadron/recognise.ts';
import { tempFolder } from '../../support/temp.ts';

function write(dir: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

it("the digest of a source tree equals Squadron's", async () => {
  const files = { '.hidden': 'h', 'a/b': '1', 'a.txt': '2', 'go.mod': 'module x\n', 'main.go': 'package main\n', 'sub/k.py': 'keep' };
  const dir = write(tempFolder(), files);
  const vector = '92362e178f21368a598b7448672e4ab72115418c1f031263d24667a9fc9d073b';
  expect(await hashSource(dir)).toBe(vector);
  write(dir, {
    '.git/HEAD': 'x',
    'sub/__pycache__/k.pyc': 'x',
    'x.egg-info/y': 'x',
    'sub/z.pyo': 'x',
    '.DS_Store': 'x',
    'venv/bin/x': 'x',
  });
  symlinkSync('a.txt', join(dir, 'link'));
  expect(await hashSource(dir)).toBe(vector);
  write(dir, { 'sub/k.py': 'changed' });
  expect(await hashSource(dir)).not.toBe(vector);
});

describe('a source in a file', () => {
  const root = '/project';

  it.each([
    ['./a', '/project/deep', '/project/deep/a'],
    ['a/b', '/project/deep', '/project/deep/a/b'],
    ['../a', '/project/deep', '/project/a'],
    ['@/a', '/project/deep', '/project/a'],
    ['./a/../b', '/project', '/project/b'],
  ])('%s in %s', (source, folder, path) => expect(resolveSource(source, folder, root)).toBe(path));

  it.each([
    ['/etc', 'absolute paths are not allowed'],
    ['../../x', 'escapes the project root'],
    ['@/../x', 'escapes the project root'],
    ['..', 'itself'],
    ['@/', 'itself'],
  ])('%s is rejected', (source, why) => expect(() => resolveSource(source, '/project/deep', root)).toThrow(why));

  it('cannot leave the root through a symbolic link', () => {
    const outside = write(tempFolder(), { 'plugin/go.mod': 'x' });
    const dir = write(tempFolder(), { 'inside/go.mod': 'x' });
    symlinkSync(join(outside, 'plugin'), join(dir, 'out'));
    symlinkSync(join(dir, 'inside'), join(dir, 'in'));
    expect(() => resolveSource('./out', dir, dir)).toThrow('escapes the project root');
    expect(resolveSource('./in', dir, dir)).toBe(join(dir, 'in'));
  });
});

it('folders are recognized by their SDK dependency', () => {
  const dir = write(tempFolder(), {
    'my-go/go.mod': 'module x\n\nrequire (\n\tgithub.com/mlund01/squadron-sdk v0.0.31\n)\n',
    'old/go.mod': 'module x\nrequire github.com/mlund01/squad-sdk v0.0.1\n',
    'py/pyproject.toml': '[project]\ndependencies = ["squadron-sdk>=0.1.1"]\n',
    'spelt/pyproject.toml': '[project]\ndependencies = [\n  "Squadron_SDK",\n]\n',
    'key/pyproject.toml': '[tool.poetry.dependencies]\nsquadron-sdk = "^0.1"\n',
    'unused/pyproject.toml': '[project]\ndependencies = []\n# squadron-sdk\n',
    'other/go.mod': 'module x\n\nrequire github.com/hashicorp/go-plugin v1.6.3\n',
    'self/go.mod': 'module github.com/mlund01/squadron-sdk\n',
  });
  const found = (...names: string[]) => names.map((name) => isPluginSource(join(dir, name)));
  expect(found('my-go', 'old', 'py', 'spelt', 'key')).toEqual([true, true, true, true, true]);
  expect(found('other', 'self', 'unused', 'absent')).toEqual([false, false, false, false]);
  expect(nameOfFolder('/x/my-go')).toBe('my_go');
});

it('names and versions cannot leave the install folder', () => {
  expect(installFolder('/h', 'shell', 'local')).toMatch(/^\/h\/plugins\/\w+-\w+\/shell\/local$/);
  for (const version of ['v1.2.3', '1.2.3-rc.1+b', 'local']) expect(installFolder('/h', 'a_1', version)).toContain(version);
  for (const name of ['', 'A', '1a', 'a-b', '../a', 'a/b', 'mcp', 'http']) expect(() => installFolder('/h', name, 'local')).toThrow();
  for (const version of ['', 'latest', 'v1', '../x', 'v1.2.3/..', 'v1.2.3 x']) expect(() => installFolder('/h', 'a', version)).toThrow();
});

describe('runner.json', () => {
  it("has Squadron's format", () => {
    const dir = write(tempFolder(), { 'venv/bin/x': '' });
    writeRunner(dir, { kind: 'python', entry: 'venv/bin/x', sourceHash: 'h' });
    expect(readRunner(dir)).toEqual({ kind: 'python', entry: 'venv/bin/x', sourceHash: 'h' });
    expect(findProgram(dir)).toEqual({ command: join(dir, 'venv/bin/x'), args: [] });
  });

  it('may be missing beside a program, and is reported otherwise', () => {
    const old = write(tempFolder(), { plugin: '' });
    expect(findProgram(old).command).toBe(join(old, 'plugin'));
    expect(findProgram(write(old, { 'runner.json': '{"kind":"go","entry":""}' })).command).toBe(join(old, 'plugin'));
    expect(findProgram(write(old, { 'runner.json': '{"kind":"go","entry":"plugin","args":["-x"]}' })).args).toEqual(['-x']);
    expect(() => findProgram(write(tempFolder(), { 'runner.json': 'no json' }))).toThrow('no runner.json or plugin binary found in');
    expect(() => findProgram(write(tempFolder(), { 'runner.json': '{"entry":"gone"}' }))).toThrow(
      'plugin entry "gone" (from runner.json) does not exist',
    );
  });
});

it('releases and checksums are parsed strictly', () => {
  expect(parseRelease('github.com/o/r', 'v1.0.0')).toEqual({ owner: 'o', repo: 'r', version: 'v1.0.0' });
  expect(parseRelease('https://github.com/o/r', 'v1.0.0').repo).toBe('r');
  for (const source of ['github.com/o', 'github.com/o/r/x', 'github.com/o/..', 'gitlab.com/o/r', 'github.com/o/r?x'])
    expect(() => parseRelease(source, 'v1.0.0')).toThrow();
  const sum = 'a'.repeat(64);
  expect(findChecksum(`x y\n${sum}  one.whl extra\n${sum}  one.whl\n`, 'one.whl')).toBe(sum);
  for (const list of ['', `${sum} *one.whl`, `${sum.slice(1)} one.whl`, `${sum} other`])
    expect(() => findChecksum(list, 'one.whl')).toThrow('checksums.txt has no sha256 of one.whl');
});

it('no part of a source is parsed as an option or command', { tags: ['F70'] }, () => {
  for (const word of ['-c', '--upload-pack=x', 'a b', 'a;b', '$(b)', 'a\nb', '`b`']) {
    expect(() => installFolder('/h', word, 'local')).toThrow('is not a valid Squadron plugin name');
    expect(() => installFolder('/h', 'a', word)).toThrow('is not a valid plugin version');
    if (!/^[\w.-]+$/.test(word)) expect(() => parseRelease(`github.com/o/${word}`, 'v1.0.0')).toThrow('is not a release');
  }
  for (const source of ['git+ssh://o@github.com/o/r', 'github.com/o/r --upload-pack=x', 'github.com/o/r@v1', '-e github.com/o/r'])
    expect(() => parseRelease(source, 'v1.0.0')).toThrow('is not a release');
});
