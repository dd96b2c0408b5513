import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grpc } from '../../../dist/adapters/grpc/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { buildGo } from '../../support/grpc-go.ts';
import { type AtEnd, endsAfterAll, tempFolder } from '../../support/temp.ts';
import { withoutGo, withoutPython } from '../../support/toolchains.ts';

const FIXTURES = new URL('../../fixtures/grpc', import.meta.url).pathname;

async function open(target: string, keys: object = {}, atPath?: string): Promise<TestApp> {
  const before = process.env.PATH;
  if (atPath !== undefined) process.env.PATH = `${atPath}:${before}`;
  try {
    const app = await openApp([grpc], { plugins: { shop: { target, ...keys } } });
    await app.instance.registry.whenListed(30_000);
    return app;
  } finally {
    process.env.PATH = before;
  }
}

const facts = (app: TestApp) => app.instance.registry.plugins()[0]?.facts;

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${stderr}${stdout}`);
}

/** Starts a program that prints its address. */
function start(command: string, args: readonly string[], atEnd: AtEnd): Promise<string> {
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
    child.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim()));
  });
}

const noPython = withoutPython();
const noGo = withoutGo();

describe.skipIf(noPython !== undefined)(`grpcio${noPython === undefined ? '' : ` (${noPython})`}`, { timeout: 240_000 }, () => {
  const atEnd = endsAfterAll();
  const dir = tempFolder(atEnd);
  const python = join(dir, 'venv/bin/python');
  let made = false;
  const prepare = (): void => {
    if (made) return;
    run('python3', ['-m', 'venv', 'venv'], dir);
    run(python, ['-m', 'pip', 'install', '-q', 'grpcio==1.85.0', 'grpcio-reflection==1.85.0', 'grpcio-tools==1.85.0'], dir);
    // The compiler of PyPI has another name; this one is what `protoc` calls.
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'bin/protoc'), `#!/bin/sh\nexec ${python} -m grpc_tools.protoc "$@"\n`);
    chmodSync(join(dir, 'bin/protoc'), 0o755);
    mkdirSync(join(dir, 'out'));
    made = true;
  };

  it('reflects by v1alpha only, and is repaired', { tags: ['grpc-tools'] }, async () => {
    prepare();
    const app = await open(await start(python, [join(FIXTURES, 'server.py'), join(dir, 'out')], atEnd));
    expect(facts(app)).toMatchObject({ descriptors: 'reflection v1alpha', repaired: ['33 missing JSON names filled'] });
    const sent = { long_name: 'x', totals: { a: '9007199254740993' }, at: '2026-01-01T00:00:00Z' };
    expect((await app.call('Orders_Get', sent)).structured).toEqual({ longName: 'x', totals: sent.totals, at: sent.at });
    expect((await app.call('Orders_Watch', { small: 2 })).structured).toEqual({ messages: [{ small: 1 }, { small: 2 }] });
    expect(textOf(await app.call('Orders_Place'))).toBe('UNKNOWN: Exception calling application: it went wrong');
  });

  it('speaks mutual TLS', { tags: ['grpc-tools'] }, async () => {
    prepare();
    const { ca, server, client } = makeCertificates(tempFolder());
    const address = await start(python, [join(FIXTURES, 'server.py'), join(dir, 'out'), server.cert, server.key, ca], atEnd);
    expect((await (await open(address, { ca, ...client, serverName: 'shop' })).call('Orders_Get', { small: 3 })).structured).toEqual({
      small: 3,
    });
  });

  it('has a compiler for .proto files, which keeps their comments', { tags: ['grpc-tools'] }, async () => {
    prepare();
    const address = await start(python, [join(FIXTURES, 'server.py'), join(dir, 'out')], atEnd);
    const app = await open(address, { descriptors: join(FIXTURES, 'shop.proto') }, join(dir, 'bin'));
    expect(app.instance.registry.catalogue().tools.get('Orders_Get')?.tool.description).toBe('Finds an order by its number.');
    expect((await app.call('Orders_Get', { small: 3 })).structured).toEqual({ small: 3 });
    writeFileSync(join(dir, 'bad.proto'), 'syntax = "proto3"; message {');
    const bad = await open(address, { descriptors: join(dir, 'bad.proto'), protoc: join(dir, 'bin/protoc') });
    expect(bad.instance.registry.plugins()[0]?.error?.message).toMatch(/^protoc cannot compile the \.proto files: .*bad\.proto:1:/);
  });

  it.skipIf(noGo !== undefined)(
    'compiles what the route guide of grpc-go needs, which has no reflection',
    { tags: ['grpc-tools'] },
    async () => {
      prepare();
      const source = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', 'google.golang.org/grpc/examples'], {
        cwd: join(FIXTURES, 'go'),
        encoding: 'utf8',
      });
      const guide = spawn(buildGo('google.golang.org/grpc/examples/route_guide/server'), ['-port', '50993'], { stdio: 'ignore' });
      atEnd(() => guide.kill('SIGKILL'));
      const proto = join(source.stdout.trim(), 'route_guide/routeguide/route_guide.proto');
      const app = await open('127.0.0.1:50993', { descriptors: proto, protoc: join(dir, 'bin/protoc') });
      const feature = await app.call('RouteGuide_GetFeature', { latitude: 409146138, longitude: -746188906 });
      expect(feature.structured).toMatchObject({ name: 'Berkshire Valley Management Area Trail, Jefferson, NJ, USA' });
      const all = { lo: { latitude: 400000000, longitude: -750000000 }, hi: { latitude: 420000000, longitude: -730000000 } };
      expect(((await app.call('RouteGuide_ListFeatures', all)).structured as { messages: unknown[] }).messages).toHaveLength(100);
    },
  );
});

describe('@grpc/reflection', { timeout: 240_000 }, () => {
  it('sends relative names without imports, and is repaired', { tags: ['grpc-tools'] }, async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'package.json'), '{}');
    run('npm', ['install', '--no-audit', '--no-fund', '@grpc/reflection@1.0.4', '@grpc/grpc-js@1.14.7', '@grpc/proto-loader@0.8.1'], dir);
    const ends: (() => unknown)[] = [];
    try {
      const app = await open(await start(process.execPath, [join(FIXTURES, 'node-server.mjs'), dir], (end) => void ends.push(end)));
      expect(facts(app)?.repaired).toEqual(['23 relative type names resolved', '59 missing JSON names filled', '8 missing imports added']);
      const sent = { totals: { a: '5' }, parts: { '1': { small: 2 } }, lasts: '1.500s', wrapped: '7' };
      expect((await app.call('Orders_Get', sent)).structured).toEqual(sent);
    } finally {
      for (const end of ends) end();
    }
  });
});
