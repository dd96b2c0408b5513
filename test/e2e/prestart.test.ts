import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../support/temp.ts';

const SCRIPT = fileURLToPath(new URL('../../.check/build-if-stale.mjs', import.meta.url));
const MARK = 'dist/mcp.schema.json';

/** A project whose build writes the same last file as the real one; all its files are an hour old. */
function project() {
  const dir = tempFolder();
  const write = `require('node:fs').mkdirSync('dist',{recursive:true});require('node:fs').writeFileSync('${MARK}','')`;
  mkdirSync(join(dir, 'src/deep'), { recursive: true });
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ scripts: { build: `node -e "${write}"` } }));
  for (const file of ['src/one.ts', 'src/deep/two.ts']) writeFileSync(join(dir, file), '');
  const at = (path: string, secondsAgo: number): void => {
    const time = Date.now() / 1000 - secondsAgo;
    utimesSync(join(dir, path), time, time);
  };
  for (const path of ['src/one.ts', 'src/deep/two.ts', 'src/deep', 'src', 'package.json']) at(path, 3600);
  /** Whether a start builds. */
  const builds = (): boolean => {
    if (existsSync(join(dir, MARK))) at(MARK, 1800);
    const { status } = spawnSync(process.execPath, [SCRIPT], { cwd: dir });
    expect(status).toBe(0);
    return Date.now() - statSync(join(dir, MARK)).mtimeMs < 1_200_000;
  };
  return { dir, at, builds };
}

describe('npm start', { tags: ['build-when-stale'], timeout: 120_000 }, () => {
  it('builds if there is no build, and only once', () => {
    const { builds, dir } = project();
    expect([builds(), existsSync(join(dir, MARK)), builds(), builds()]).toEqual([true, true, false, false]);
  });

  it.each([
    ['a source has changed', (dir: string) => writeFileSync(join(dir, 'src/deep/two.ts'), 'changed')],
    ['a source was added', (dir: string) => writeFileSync(join(dir, 'src/three.ts'), '')],
    ['a source was taken away', (dir: string) => rmSync(join(dir, 'src/deep/two.ts'))],
    ['its packages have changed', (dir: string) => writeFileSync(join(dir, 'package-lock.json'), '{}')],
  ])('builds if %s', (_, change) => {
    const { builds, dir } = project();
    builds();
    change(dir);
    expect(builds()).toBe(true);
  });
});
