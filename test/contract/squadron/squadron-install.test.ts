import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractFromTar } from '../../../dist/adapters/squadron/install/archive.js';
import { installFolder, PLATFORM } from '../../../dist/adapters/squadron/install/home.js';
import { ensureInstalled, type InstallContext } from '../../../dist/adapters/squadron/install/install.js';
import { checksumLine, makeTar, type ReleaseServer, serveReleases, type TarEntry } from '../../support/releases.ts';
import { tempFolder } from '../../support/temp.ts';

// Releases of plugins, served locally: after every fault there is either the old version or the correct new one.

const ARCHIVE = `plugin_x_${PLATFORM.os}_${PLATFORM.arch}.tar.gz`;
const VERSION = 'v1.0.0';
const FILES = `/owner/plugin_x/releases/download/${VERSION}`;
const GOOD: TarEntry[] = [
  { name: 'README.md', data: 'x' },
  { name: 'bin/plugin', data: '#!/bin/sh\necho hello\n' },
];

interface Place {
  readonly server: ReleaseServer;
  readonly home: string;
  readonly dir: string;
  readonly kept: Map<string, string>;
  install(context?: Partial<InstallContext>): Promise<{ command: string }>;
  left(): string[];
}

async function prepare(archive: Buffer = makeTar(GOOD)): Promise<Place> {
  const server = await serveReleases();
  const home = tempFolder();
  const kept = new Map<string, string>();
  server.files.set(`${FILES}/${ARCHIVE}`, archive);
  server.files.set(`${FILES}/checksums.txt`, checksumLine('other.zip', 'x') + checksumLine(ARCHIVE, archive));
  const releases = { api: server.base, download: server.base };
  const keep = {
    get: (k: string) => kept.get(k),
    set: (k: string, v: string) => void kept.set(k, v),
    add: (k: string, v: string) => !kept.has(k) && kept.set(k, v) !== undefined,
    delete: (k: string) => void kept.delete(k),
    entries: () => kept,
    secrets: { get: () => undefined, set: () => undefined, delete: () => undefined },
  };
  const context: InstallContext = {
    keep,
    env: {},
    run: () => Promise.reject(new Error('no tool is needed')),
    signal: new AbortController().signal,
    onLine: () => undefined,
    step: () => undefined,
    stallMs: 500,
  };
  return {
    server,
    home,
    kept,
    dir: installFolder(home, 'x', VERSION),
    install: (more = {}) =>
      ensureInstalled({ name: 'x', version: VERSION, source: 'github.com/owner/plugin_x', home, releases }, { ...context, ...more }),
    left: () =>
      existsSync(join(home, 'plugins'))
        ? readdirSync(join(home, 'plugins'), { recursive: true })
            .map(String)
            .filter((f) => /v1\.0\.0/.test(f))
        : [],
  };
}

describe('a release', () => {
  it('is downloaded, verified, unpacked and stored', async () => {
    const { install, server, dir, left } = await prepare();
    const { command } = await install();
    expect(command).toBe(join(dir, 'plugin'));
    expect(readFileSync(command, 'utf8')).toContain('echo hello');
    expect(JSON.parse(readFileSync(join(dir, 'runner.json'), 'utf8'))).toEqual({ kind: 'go', entry: 'plugin' });
    expect(left().sort()).toEqual([dir, join(dir, 'plugin'), join(dir, 'runner.json')].map((f) => f.slice(f.indexOf(PLATFORM.os))).sort());
    const requests = server.asked.length;
    await install();
    expect(server.asked).toHaveLength(requests);
  });

  it('concurrent installs share one', { tags: ['F71'] }, async () => {
    const { install, server } = await prepare();
    await Promise.all([install(), install(), install()]);
    expect(server.asked.filter((url) => url.endsWith('.tar.gz'))).toHaveLength(1);
  });

  it('an incomplete install of another host does not count', async () => {
    const { install, dir } = await prepare();
    mkdirSync(dir, { recursive: true });
    expect((await install()).command).toBe(join(dir, 'plugin'));
  });

  it('an interrupted download is retried from the start', async () => {
    const archive = makeTar(GOOD);
    const { install, server } = await prepare(archive);
    let times = 0;
    server.files.set(`${FILES}/${ARCHIVE}`, (_, response) => {
      response.writeHead(200, { 'content-length': archive.length });
      if (++times > 2) return void response.end(archive);
      response.write(archive.subarray(0, 40));
      setTimeout(() => response.destroy(), 20);
    });
    await install();
    expect(times).toBe(3);
  });

  it('follows a redirect to the same host', async () => {
    const { install, server } = await prepare();
    const file = server.files.get(`${FILES}/${ARCHIVE}`) as Buffer;
    server.files.set(`${FILES}/${ARCHIVE}`, (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end());
    server.files.set('/elsewhere', file);
    await install();
  });

  const faults: [string, (place: Place) => void, string, string][] = [
    ['is not there', ({ server }) => void server.files.clear(), 'DOWNLOAD_FAILED', 'the server responded with HTTP 404'],
    [
      'lists no checksum',
      ({ server }) => void server.files.set(`${FILES}/checksums.txt`, 'nothing'),
      'CHECKSUM_MISMATCH',
      `no sha256 of ${ARCHIVE}`,
    ],
    [
      'has the wrong checksum',
      ({ server }) => void server.files.set(`${FILES}/checksums.txt`, checksumLine(ARCHIVE, 'other')),
      'CHECKSUM_MISMATCH',
      'checksums.txt has',
    ],
    [
      'was tampered with',
      ({ server }) => void server.files.set(`${FILES}/${ARCHIVE}`, makeTar([{ name: 'plugin', data: 'evil' }])),
      'CHECKSUM_MISMATCH',
      'checksums.txt has',
    ],
    [
      'is always cut',
      ({ server }) =>
        void server.files.set(
          `${FILES}/${ARCHIVE}`,
          (_, r) => void r.writeHead(200, { 'content-length': 99 }).write('x', () => r.destroy()),
        ),
      'DOWNLOAD_FAILED',
      'plugin_x',
    ],
    [
      'stalls',
      ({ server }) => void server.files.set(`${FILES}/${ARCHIVE}`, (_, r) => void r.writeHead(200).write('x')),
      'DOWNLOAD_FAILED',
      'no data for 0.5 s',
    ],
    [
      'is redirected to a private address',
      ({ server }) =>
        void server.files.set(`${FILES}/${ARCHIVE}`, (_, r) => void r.writeHead(302, { location: 'https://127.0.0.1:1/x' }).end()),
      'DOWNLOAD_FAILED',
      'private',
    ],
    [
      'is redirected to plain HTTP',
      ({ server }) =>
        void server.files.set(`${FILES}/${ARCHIVE}`, (_, r) => void r.writeHead(302, { location: 'http://example.test/x' }).end()),
      'DOWNLOAD_FAILED',
      'not https',
    ],
    [
      'is redirected for ever',
      ({ server }) => void server.files.set(`${FILES}/${ARCHIVE}`, (q, r) => void r.writeHead(302, { location: q.url }).end()),
      'DOWNLOAD_FAILED',
      'more than 5 redirects',
    ],
  ];
  it.each(faults)('that %s is rejected and leaves nothing', { tags: ['F69'] }, async (_, spoil, code, message) => {
    const place = await prepare();
    spoil(place);
    await expect(place.install()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(place.left()).toEqual([]);
    expect(place.kept.size).toBe(0);
  });

  it.each<[string, TarEntry[], string]>([
    ['climbs out', [{ name: '../plugin', data: 'x' }], 'outside the folder'],
    ['is absolute', [{ name: '/tmp/plugin', data: 'x' }], 'outside the folder'],
    ['climbs beside a good one', [...GOOD, { name: 'a/../../x', data: 'x' }], 'outside the folder'],
    ['is only a link', [{ name: 'plugin', type: '2', link: '/bin/sh' }], 'no file "plugin"'],
    ['holds no program', [{ name: 'plugins', data: 'x' }], 'no file "plugin"'],
    [
      'is a folder',
      [
        { name: 'plugin/', type: '5' },
        { name: 'plugin/x', data: 'x' },
      ],
      'no file "plugin"',
    ],
  ])('whose archive %s is rejected', { tags: ['T18'] }, async (_, entries, why) => {
    const place = await prepare(makeTar(entries));
    await expect(place.install()).rejects.toMatchObject({ code: 'ARCHIVE_REFUSED', message: expect.stringContaining(why) });
    expect(place.left()).toEqual([]);
  });

  it('with a file that is not an archive is rejected', async () => {
    const place = await prepare(Buffer.from('not gzip at all'));
    await expect(place.install()).rejects.toMatchObject({ code: 'ARCHIVE_REFUSED' });
    expect(place.left()).toEqual([]);
  });

  it.skipIf(!existsSync('/dev/full'))('fails on a full disk', async () => {
    const file = join(tempFolder(), ARCHIVE);
    writeFileSync(file, makeTar([{ name: 'plugin', data: 'x'.repeat(1_000_000) }, ...GOOD.slice(0, 1)]));
    await expect(extractFromTar(file, 'plugin', '/dev/full')).rejects.toMatchObject({ code: 'ENOSPC' });
  });

  it('leaves nothing when cancelled', async () => {
    const place = await prepare();
    const stop = new AbortController();
    place.server.files.set(`${FILES}/${ARCHIVE}`, (_, response) => {
      response.writeHead(200).write('x');
      stop.abort();
    });
    await expect(place.install({ signal: stop.signal })).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    expect(place.left()).toEqual([]);
  });

  it('that was modified does not start; one installed by another host is recorded', { tags: ['T19'] }, async () => {
    const { install, dir, kept } = await prepare();
    await install();
    kept.clear();
    await install();
    expect(kept.size).toBe(1);
    appendFileSync(join(dir, 'plugin'), '#');
    await expect(install()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', fix: expect.stringContaining(dir) });
  });
});
