import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { squadron } from '../../../dist/adapters/squadron/adapter.js';
import { installFolder, PLATFORM } from '../../../dist/adapters/squadron/install/home.js';
import { openApp, textOf } from '../../support/app.ts';
import { checksumLine, makeTar, serveReleases } from '../../support/releases.ts';
import { tempFolder } from '../../support/temp.ts';
import { withoutGo, withoutPython } from '../../support/toolchains.ts';

// Releases built and installed with the real tools.

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const ARCHIVE = `plugin_x_${PLATFORM.os}_${PLATFORM.arch}.tar.gz`;
const VERSION = 'v1.0.0';
const FILES = `/owner/plugin_x/releases/download/${VERSION}`;

describe('a served release', () => {
  it.skipIf(withoutGo())('in Go', { timeout: 240_000 }, async () => {
    const server = await serveReleases();
    const program = join(tempFolder(), 'plugin');
    spawnSync('go', ['build', '-o', program, '.'], { cwd: join(FIXTURES, 'squadron/echo'), stdio: 'inherit' });
    const archive = makeTar([{ name: 'plugin', data: readFileSync(program) }]);
    server.files.set(`${FILES}/${ARCHIVE}`, archive);
    server.files.set(`${FILES}/checksums.txt`, checksumLine(ARCHIVE, archive));
    process.env.SQUADRON_HOME = tempFolder();
    const releases = { api: server.base, download: server.base };
    const app = await openApp([squadron], {
      plugins: { x: { format: 'squadron', source: 'github.com/owner/plugin_x', version: VERSION, releases } },
    });
    await app.instance.registry.whenListed(60_000);
    expect(textOf(await app.call('plugins_x_echo', { message: 'hi' }))).toBe('hi');
    expect(app.instance.registry.plugins()[0]).toMatchObject({ version: VERSION, facts: { source: 'github.com/owner/plugin_x' } });
  });

  it.skipIf(withoutPython())('in Python, from its wheel', { timeout: 400_000 }, async () => {
    const server = await serveReleases();
    const dir = tempFolder();
    cpSync(join(FIXTURES, 'squadron-python/snake'), join(dir, 'src'), { recursive: true });
    spawnSync('python3', ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', dir, join(dir, 'src')], { stdio: 'inherit' });
    const name = 'snake-0.1.0-py3-none-any.whl';
    const wheel = readFileSync(join(dir, name));
    const asset = (file: string) => ({ name: file, browser_download_url: `${server.base}/assets/${file}` });
    server.files.set(
      `/repos/owner/plugin_x/releases/tags/${VERSION}`,
      JSON.stringify({ assets: [asset('x-1-cp311-cp311-linux.whl'), asset(name), asset('checksums.txt')] }),
    );
    server.files.set(`/assets/${name}`, wheel);
    server.files.set('/assets/checksums.txt', checksumLine(name, wheel));
    const home = tempFolder();
    process.env.SQUADRON_HOME = home;
    const releases = { api: server.base, download: server.base };
    const config = { plugins: { x: { source: 'github.com/owner/plugin_x', version: VERSION, releases } } };
    const app = await openApp([squadron], config);
    await app.instance.registry.whenListed(300_000);
    expect(app.instance.registry.plugins()[0]?.error?.message).toBeUndefined();
    expect(textOf(await app.call('plugins_x_echo', { message: 'hi' }))).toBe('hi');
    const [result] = [await app.call('plugins_x_raises')];
    expect(textOf(result)).toBe('RuntimeError: it went wrong');
    await app.close();

    // Running it does not change it; other changes do.
    const again = await openApp([squadron], config, app.dir);
    await again.instance.registry.whenListed(60_000);
    expect(textOf(await again.call('plugins_x_echo', { message: 'again' }))).toBe('again');
    await again.close();
    writeFileSync(join(installFolder(home, 'x', VERSION), 'venv/lib/evil.pth'), 'import os');
    const third = await openApp([squadron], config, app.dir);
    await third.instance.registry.start();
    expect(third.instance.registry.plugins()[0]).toMatchObject({ state: 'failed', error: { code: 'CHECKSUM_MISMATCH' } });
  });
});
