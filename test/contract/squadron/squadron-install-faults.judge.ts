import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { installFolder, PLATFORM } from '../../../dist/adapters/squadron/install/home.js';
import { checksumLine, makeTar, makeZip, type ReleaseServer, serveReleases } from '../../support/releases.ts';
import { tempFolder } from '../../support/temp.ts';

// Installs that are killed or get faulty data at every step: afterwards there is either the old version or the complete new one.

const ONCE = fileURLToPath(new URL('../../fixtures/install-once.mjs', import.meta.url));
const VERSION = 'v2.0.0';
const ARCHIVE = `plugin_x_${PLATFORM.os}_${PLATFORM.arch}.tar.gz`;
const WHEEL = 'good-2.0.0-py3-none-any.whl';
const FILES = `/owner/plugin_x/releases/download/${VERSION}`;
const LISTING = `/repos/owner/plugin_x/releases/tags/${VERSION}`;
const SCRIPTS = { 'good-2.0.0.dist-info/entry_points.txt': '[console_scripts]\ngood = good:main\n' };

interface Place {
  readonly server: ReleaseServer;
  readonly dir: string;
  /** Runs one install in a separate process; `kill` is the line after which it is killed. */
  install(options?: { readonly python?: string; readonly killAt?: string }): Promise<{ said: string; error: string }>;
  killNow(): void;
  /** Contents of the plugin's folder, except the old version. */
  left(): string[];
}

async function prepare(kind: 'go' | 'python', wheel: Buffer = makeZip(SCRIPTS)): Promise<Place> {
  const server = await serveReleases();
  const home = tempFolder();
  const dir = installFolder(home, 'x', VERSION);
  const old = join(dirname(dir), 'v1.0.0');
  mkdirSync(old, { recursive: true });
  for (const name of ['plugin', 'runner.json']) writeFileSync(join(old, name), name);
  if (kind === 'go') {
    const archive = makeTar([{ name: 'plugin', data: 'x'.repeat(100_000) }]);
    server.files.set(`${FILES}/${ARCHIVE}`, archive);
    server.files.set(`${FILES}/checksums.txt`, checksumLine(ARCHIVE, archive));
  } else {
    const asset = (name: string) => ({ name, browser_download_url: `${server.base}/assets/${name}` });
    server.files.set(LISTING, JSON.stringify({ assets: [asset(WHEEL), asset('checksums.txt')] }));
    server.files.set(`/assets/${WHEEL}`, wheel);
    server.files.set('/assets/checksums.txt', checksumLine(WHEEL, wheel));
  }
  const releases = { api: server.base, download: server.base };
  const request = { name: 'x', version: VERSION, source: 'github.com/owner/plugin_x', home, releases };
  let running: ReturnType<typeof spawn> | undefined;
  return {
    server,
    dir,
    killNow: () => void running?.kill('SIGKILL'),
    install({ python = '', killAt } = {}) {
      const child = spawn(process.execPath, [ONCE, JSON.stringify({ request, python })], { stdio: ['ignore', 'pipe', 'pipe'] });
      running = child;
      onTestFinished(() => void child.kill('SIGKILL'));
      let said = '';
      let error = '';
      child.stdout.on('data', (chunk) => {
        said += chunk;
        if (killAt !== undefined && said.includes(killAt)) child.kill('SIGKILL');
      });
      child.stderr.on('data', (chunk) => {
        error += chunk;
      });
      return new Promise((resolve) => child.on('close', () => resolve({ said, error })));
    },
    left() {
      expect(readdirSync(old).sort()).toEqual(['plugin', 'runner.json']);
      return readdirSync(dirname(dir), { recursive: true })
        .map(String)
        .filter((name) => !name.startsWith('v1.0.0'))
        .sort();
    },
  };
}

const WHOLE = {
  go: [VERSION, `${VERSION}/plugin`, `${VERSION}/runner.json`],
  python: [VERSION, `${VERSION}/runner.json`, `${VERSION}/venv`],
};

/** Remains of an environment have unique names. */
const known = (left: readonly string[]): string[] => left.filter((name) => !/\/(\.venv-|venv\/)/.test(name));

describe('an install that is killed', { timeout: 60_000 }, () => {
  it.each([
    ['go', 'while the list of checksums comes', `${FILES}/checksums.txt`],
    ['go', 'while the archive comes', `${FILES}/${ARCHIVE}`],
    ['python', 'while the list of files comes', LISTING],
    ['python', 'while the list of checksums comes', '/assets/checksums.txt'],
    ['python', 'while the wheel comes', `/assets/${WHEEL}`],
  ] as const)('(%s) %s counts as none, and the next one is whole', { tags: ['F71'] }, async (kind, _, path) => {
    const place = await prepare(kind);
    const good = place.server.files.get(path) as Buffer | string;
    place.server.files.set(path, (_request, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 }).write('half');
      setTimeout(() => place.killNow(), 50);
    });
    expect((await place.install()).said).toBe('');
    expect(existsSync(join(place.dir, 'runner.json'))).toBe(false);
    place.server.files.set(path, good);
    expect((await place.install()).said).toContain(`installed ${place.dir}`);
    expect(known(place.left())).toEqual(WHOLE[kind]);
  });

  it.each(['venv', 'pip'])(
    'in the step %s of an environment does not count, and the next one is complete',
    { tags: ['F71'] },
    async (step) => {
      const place = await prepare('python');
      expect((await place.install({ python: step, killAt: step })).said).not.toContain('installed');
      expect(existsSync(join(place.dir, 'runner.json'))).toBe(false);
      expect((await place.install()).said).toContain(`installed ${place.dir}`);
      expect(known(place.left())).toEqual(WHOLE.python);
      expect(place.left().filter((name) => /\/\.venv-[^/]+$/.test(name))).toHaveLength(1);
    },
  );
});

describe('a wheel', { timeout: 60_000 }, () => {
  it('is installed with its only program', async () => {
    const place = await prepare('python');
    const [first, second] = await Promise.all([place.install(), place.install()]);
    expect([first.said, second.said].map((said) => said.includes(`installed ${join(place.dir, 'venv/bin/good')}`))).toEqual([true, true]);
    expect(place.server.asked.filter((path) => path.endsWith('.whl'))).toHaveLength(1);
    expect(known(place.left())).toEqual(WHOLE.python);
  });

  it.each<[string, (place: Place) => void, string, Buffer?]>([
    ['without a list of checksums', ({ server }) => void server.files.set('/assets/checksums.txt', 'nothing'), 'CHECKSUM_MISMATCH'],
    [
      'with another checksum',
      ({ server }) => void server.files.set('/assets/checksums.txt', checksumLine(WHEEL, 'other')),
      'CHECKSUM_MISMATCH',
    ],
    ['that was tampered with', ({ server }) => void server.files.set(`/assets/${WHEEL}`, makeZip({})), 'CHECKSUM_MISMATCH'],
    ['that is cut', ({ server }) => void server.files.set(`/assets/${WHEEL}`, makeZip(SCRIPTS).subarray(0, 50)), 'CHECKSUM_MISMATCH'],
    [
      'that is elsewhere',
      ({ server }) => void server.files.set(`/assets/${WHEEL}`, (_, r) => void r.writeHead(302, { location: 'https://10.1.1.1/x' }).end()),
      'DOWNLOAD_FAILED',
    ],
    ['that is no archive', () => undefined, 'ARCHIVE_REFUSED', Buffer.from('nothing of the kind')],
    ['without a program', () => undefined, 'MANIFEST_INVALID', makeZip({ 'x.dist-info/METADATA': '' })],
    [
      'with two programs',
      () => undefined,
      'MANIFEST_INVALID',
      makeZip({ 'x.dist-info/entry_points.txt': '[console_scripts]\na = a:a\nb = b:b\n' }),
    ],
    [
      'whose program is a path',
      () => undefined,
      'MANIFEST_INVALID',
      makeZip({ 'x.dist-info/entry_points.txt': '[console_scripts]\n../../a = a:a\n' }),
    ],
    ['that climbs out', () => undefined, 'ARCHIVE_REFUSED', makeZip({ '../x': '', ...SCRIPTS })],
    [
      'whose program is not there in the end',
      () => undefined,
      'MANIFEST_INVALID',
      makeZip({ 'x.dist-info/entry_points.txt': '[console_scripts]\nother = a:a\n' }),
    ],
  ])('%s is rejected and leaves nothing', { tags: ['F69', 'T18'] }, async (_, spoil, code, wheel) => {
    const place = await prepare('python', wheel);
    spoil(place);
    const { said, error } = await place.install();
    expect([said.includes('installed'), error]).toEqual([false, expect.stringContaining(code)]);
    expect(place.left()).toEqual([]);
  });
});
