import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ConsoleRoute } from '../../../dist/src/console/api/route.js';
import { ROUTES } from '../../../dist/src/console/api/table.js';
import type { ConsoleContext } from '../../../dist/src/console/context.js';
import { answerErrors } from '../../../dist/src/console/errors.js';
import { serveRoute } from '../../../dist/src/console/serve-route.js';
import { silentLog } from '../../../dist/src/core/log.js';
import { createRedactor } from '../../../dist/src/core/secrets/redact.js';
import { BIN, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode, removeSessions } from '../support/console.ts';

// A login that ends takes everything with it that still waits for an answer.

describe('an answer that takes long', () => {
  const guarded = ROUTES.filter(({ scope }) => scope !== undefined);
  const reasons: unknown[] = [];
  const state = { open: true, fails: false };
  const context = {
    sessions: {
      isOpen() {
        if (state.fails) throw new Error('the store cannot be read');
        return state.open;
      },
    },
    login: { sessionOf: () => ({ id: 'x', who: 'anna', scopes: ['admin'], expires: 0 }) },
    edge: { addressOf: () => '127.0.0.1' },
    app: { admin: { record: async () => undefined } },
    redactor: createRedactor(),
  } as unknown as ConsoleContext;
  const app = express();
  // Every route of the table, with a handler that never answers.
  for (const one of guarded) {
    const { audit: _, ...plain } = one;
    const waits: ConsoleRoute = {
      ...plain,
      query: z.any(),
      body: z.any(),
      handle: (_, { signal }) => new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason), { once: true })),
    };
    app[one.method](one.path, ...serveRoute(waits, context));
  }
  app.use(answerErrors(context.redactor, silentLog));
  const server = createServer(app);
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => void server.close());

  const send = (method: string, path: string) =>
    new Promise<[number, string]>((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', method, path: path.replaceAll(/:\w+/g, 'x'), agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve([response.statusCode ?? 0, text]));
      });
      sent.on('error', reject);
      sent.end();
    });

  it.each([
    ['ends', { open: false }],
    ['cannot be looked up', { fails: true }],
  ])('is withheld once the login %s, by every route', { tags: ['console-revoked'] }, async (_, change) => {
    Object.assign(state, { open: true, fails: false });
    reasons.length = 0;
    const pending = guarded.map(({ method, path }) => send(method, path).then((answer) => [`${method} ${path}`, ...answer] as const));
    const early = await Promise.race([...pending, new Promise((resolve) => setTimeout(resolve, 1_200, 'none'))]);
    expect(early).toBe('none');
    Object.assign(state, change);
    for (const [name, status, text] of await Promise.all(pending)) {
      expect([name, status, JSON.parse(text).error.code]).toEqual([name, 401, 'UNAUTHENTICATED']);
    }
    expect(reasons).toEqual(guarded.map(() => 'The login has ended.'));
  });
});

describe('an action that takes long', { timeout: 60_000 }, () => {
  const ADA = { token: 'ada-0123456789abcdef', principal: 'ada', scopes: ['admin'] };
  const BOB = { token: 'bob-0123456789abcdef', principal: 'bob', scopes: ['observe'] };
  const start = async () => {
    const dir = tempFolder();
    const files = {
      'index.ts': 'await new Promise((resolve) => setTimeout(resolve, 25_000)); export const handlers = { run: () => "x" };',
    };
    writePlugin(dir, 'slow', files);
    const file = (auth: object) => ({ plugins: { slow: { path: './slow' } }, auth, state: './.plugmux' });
    const config = writeConfig(file({ tokens: [ADA, BOB] }), [], dir);
    return {
      config,
      gateway: await serve(config, { bin: BIN }),
      change: (auth: object) => writeFileSync(join(dir, 'mcp.json'), JSON.stringify(file(auth))),
    };
  };
  /** Resolves with the status, and whether that took less than the start of the plugin, by far. */
  const timed = async (answer: Promise<{ status: number }>): Promise<[number, boolean]> => {
    const started = performance.now();
    return [(await answer).status, performance.now() - started < 15_000];
  };

  it.each([
    ['its token is removed', { tokens: [BOB] }],
    ['the scope of its token is lowered', { tokens: [{ ...ADA, scopes: ['use'] }, BOB] }],
  ])('at /v1/admin is answered with 401 or 403 once %s', { tags: ['console-revoked'] }, async (_, auth) => {
    const { gateway, change } = await start();
    const headers = { Authorization: `Bearer ${ADA.token}` };
    const pending = timed(fetch(new URL('/v1/admin/plugins/slow/enable', gateway.url), { method: 'POST', headers }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    change(auth);
    const [status, isSoon] = await pending;
    expect([[401, 403].includes(status), isSoon]).toEqual([true, true]);
  });

  it('at the console is answered with 401 once another process has ended its login', { tags: ['console-revoked'] }, async () => {
    const { config, gateway } = await start();
    const { key } = await login(gateway, { code: makeCode(config) });
    const pending = timed(ask(gateway, '/plugins/slow/restart', { key, body: {} }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    removeSessions(config);
    expect(await pending).toEqual([401, true]);
    await until('the gateway still serves', async () => (await fetch(new URL('/livez', gateway.url))).status === 200);
  });
});
