import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { isAlive, until } from '../support/processes.ts';
import { hasPython } from '../support/python.ts';
import { findReadmes } from '../support/readme/blocks.ts';
import { findLinks } from '../support/readme/links.ts';
import { tempFolder } from '../support/temp.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the packed package', () => {
  it('installs elsewhere and runs there', { timeout: 180_000 }, async () => {
    const dir = tempFolder();
    const npm = (args: string[], cwd: string): string =>
      execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    // Without scripts: dist/ is built already, and must not be rebuilt while other tests use it.
    npm(['pack', '--ignore-scripts', '--pack-destination', dir], ROOT);
    const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz')) as string;
    expect(execFileSync('tar', ['tzf', join(dir, tarball)], { encoding: 'utf8' })).not.toContain('__pycache__');
    const home = join(dir, 'home');
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{"private":true}');
    npm(['install', '--no-audit', '--no-fund', '--prefer-offline', join(dir, tarball)], home);
    const bin = join(home, 'node_modules/.bin/plugmux');
    const version = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
    expect(execFileSync(bin, ['--version'], { encoding: 'utf8' }).trim()).toBe(version);
    execFileSync(bin, ['init'], { cwd: home });
    const client = await connect('v2 auto', { command: bin, args: ['stdio', '--config', join(home, 'mcp.json')] });
    expect(await client.list()).toEqual(expect.arrayContaining(['agenda_add', ...(hasPython ? ['tables_list'] : [])]));
    expect((await client.call('agenda_list')).structuredContent).toEqual({ items: [] });
    // `init` writes that the gateway runs in the background.
    const { pid } = JSON.parse(execFileSync(bin, ['status', '--json'], { cwd: home, encoding: 'utf8' })) as { pid: number };
    await client.close();
    execFileSync(bin, ['stop'], { cwd: home });
    await until('the gateway has ended', () => !isAlive(pid));
  });

  it('contains every README and every file that they link to', { timeout: 60_000 }, () => {
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--dry-run', '--json'], { cwd: ROOT, encoding: 'utf8' });
    const files = (JSON.parse(packed) as { files: { path: string }[] }[]).flatMap((one) => one.files.map(({ path }) => path));
    const readmes = findReadmes();
    expect(readmes.map(({ file }) => file).filter((file) => !files.includes(file))).toEqual([]);
    const dead = readmes.flatMap(findLinks).filter(({ target }) => !files.some((path) => path === target || path.startsWith(`${target}/`)));
    expect(dead).toEqual([]);
  });
});
