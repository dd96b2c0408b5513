import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { callLine, HANDSHAKE, INITIALIZED, line, RawStdio } from '../../support/raw-stdio.ts';
import { tempFolder } from '../../support/temp.ts';
import { login, makeCode } from '../support/console.ts';
import { openPage } from '../support/page.ts';

// What a gateway has really loaded, as its module loaders report it.

const RECORD = new URL('../../support/record-modules.mjs', import.meta.url).href;
/** Packages that most gateways never need; the page's own are never loaded by a gateway. */
const LAZY = [
  'yaml',
  'smol-toml',
  'express',
  'prom-client',
  'jose',
  'preact',
  '@preact/signals',
  'uplot',
  'diff',
  'body-parser',
  '@opentelemetry/api',
];

interface Recorded {
  readonly env: NodeJS.ProcessEnv;
  /** The packages of `LAZY` that are loaded, and the number of modules in all. */
  loaded(): { lazy: string[]; all: number };
}

function record(): Recorded {
  const file = join(tempFolder(), 'modules');
  writeFileSync(file, '');
  return {
    env: { PLUGMUX_MODULES_FILE: file, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${RECORD}` },
    loaded() {
      const modules = readFileSync(file, 'utf8').trim().split('\n');
      return { lazy: LAZY.filter((name) => modules.some((module) => module.includes(`/node_modules/${name}/`))), all: modules.length };
    },
  };
}

const body = async (gateway: Serving, path: string): Promise<Response> => {
  const response = await fetch(new URL(path, gateway.url));
  await response.arrayBuffer();
  return response;
};

describe('a gateway that runs', () => {
  it('loads express and prom-client with the first request that needs them', { tags: ['console-lazy'] }, async () => {
    const { env, loaded } = record();
    const config = writeConfig({ metrics: { open: true } }, ['plain']);
    const gateway = await serve(config, { env });
    for (const [generation, kind] of [
      ['v1', 'http'],
      ['v2 modern', 'http'],
      ['v1', 'sse'],
      ['v1', 'ws'],
    ] as const) {
      const client = await connect(generation, gateway.at(kind));
      await client.list();
      expect((await client.call('echo', { message: 'here' })).content[0]?.text).toBe('here');
    }
    for (const path of ['/api/tools', '/api/openapi.json', '/livez', '/readyz', '/status', '/v1/admin/plugins', '/nothing', '/mcp'])
      await body(gateway, path);
    const quiet = loaded();
    expect(quiet.lazy).toEqual([]);
    expect(quiet.all).toBeGreaterThan(5);

    expect((await body(gateway, '/metrics')).status).toBe(200);
    expect(loaded().lazy).not.toContain('express');
    expect(loaded().lazy).toContain('prom-client');

    expect((await body(gateway, '/')).status).toBe(200);
    expect(loaded().lazy).toContain('express');
    const { key } = await login(gateway, { code: makeCode(config) });
    await openPage(gateway, { key, want: ['calls', 'tally', 'approvals'] });
    for (const name of ['jose', 'preact', '@preact/signals', 'uplot']) expect(loaded().lazy).not.toContain(name);
  });

  it('loads neither over stdio', { tags: ['console-lazy'] }, async () => {
    const { env, loaded } = record();
    const stdio = new RawStdio(writeConfig({}, ['plain']), undefined, env);
    stdio.send(HANDSHAKE + INITIALIZED + line('list', 'tools/list') + callLine('call', 'echo', { message: 'here' }));
    await until('the call is answered', () => stdio.messages.some(({ id }) => id === 'call'));
    expect(stdio.messages.find(({ id }) => id === 'call')?.result?.content?.[0]?.text).toBe('here');
    const { lazy, all } = loaded();
    expect(lazy).toEqual([]);
    expect(all).toBeGreaterThan(5);
  });
});
