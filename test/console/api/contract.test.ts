import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ConsoleRoute } from '../../../dist/src/console/api/route.js';
import { ROUTES } from '../../../dist/src/console/api/table.js';
import { pageMessageSchema } from '../../../dist/src/console/live/page-message.js';
import { isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode, rawAsk } from '../support/console.ts';

// Every route of the table, with requests that it must refuse.

const OBSERVER = 'a-token-that-may-look-only';
const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown): void => void ends.push(end);
let gateway: Serving;
let admin = '';
let observer = '';

beforeAll(async () => {
  const tokens = [{ token: OBSERVER, principal: 'olga', scopes: ['observe'] }];
  const config = writeConfig({ auth: { tokens } }, ['plain'], tempFolder(atEnd));
  gateway = await serve(config, { atEnd });
  admin = (await login(gateway, { code: makeCode(config) })).key;
  observer = (await login(gateway, { token: OBSERVER })).key;
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

const nameOf = ({ method, path }: ConsoleRoute): string => `${method.toUpperCase()} ${path}`;
/** A path with something in place of each parameter. */
const pathOf = ({ path }: ConsoleRoute): string => path.replaceAll(/:\w+/g, 'plain');
const toSchema = (schema: z.ZodType): JsonObject => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject;
const hasFields = (schema: z.ZodType): boolean => JSON.stringify(toSchema(schema)).includes('"properties":{"');

const table = ROUTES.map((route) => [nameOf(route), route] as const);
const guarded = table.filter(([, { scope }]) => scope !== undefined);
const writing = table.filter(([, { method }]) => method !== 'get');

/** Sends a request to a route, with the key of an administrator unless another is given. */
function send(route: ConsoleRoute, { key = admin as string | undefined, query = '', body = undefined as unknown, headers = {} } = {}) {
  return ask(gateway, pathOf(route) + query, {
    method: route.method.toUpperCase(),
    ...(key === undefined ? {} : { key }),
    ...(body === undefined ? {} : { body }),
    headers,
  });
}

describe('every route of the console', () => {
  it.each(guarded)('needs a key: %s', { tags: ['console-key'] }, async (_, route) => {
    const others: Record<string, string>[] = [
      {},
      { Authorization: 'Bearer wrong' },
      { Authorization: `Basic ${admin}` },
      { Cookie: `key=${admin}` },
    ];
    for (const headers of others) {
      const { status, body } = await ask(gateway, pathOf(route), { method: route.method.toUpperCase(), headers });
      // Many wrong keys from one address are throttled.
      expect([401, 429]).toContain(status);
      expect(body.error?.code).toMatch(/^(UNAUTHENTICATED|RATE_LIMITED)$/);
    }
    expect([401, 429]).toContain((await ask(gateway, `${pathOf(route)}?key=${admin}`, { method: route.method.toUpperCase() })).status);
    expect([401, 429]).toContain((await send(route, { key: OBSERVER })).status);
  });

  it.each(guarded.filter(([, { scope }]) => scope === 'admin'))(
    'needs the scope admin: %s',
    { tags: ['console-key'] },
    async (_, route) => {
      const { status, body } = await send(route, { key: observer, body: route.method === 'get' ? undefined : {} });
      expect([status, body.error?.code]).toEqual([403, 'FORBIDDEN']);
    },
  );

  it.each(table)('refuses unknown fields: %s', { tags: ['console-fields'] }, async (_, route) => {
    const query = await send(route, { query: '?command=x', body: route.method === 'get' ? undefined : {} });
    expect([query.status, query.body.error?.code, query.body.error?.field]).toEqual([400, 'INVALID_PARAMS', 'command']);
    if (route.method === 'get') return;
    const { status, body } = await send(route, { body: { command: 'x', args: ['y'] } });
    expect([status, body.error?.code]).toEqual([400, 'INVALID_PARAMS']);
  });

  it.each(writing)('refuses bodies of another shape: %s', { tags: ['console-fields'] }, async (_, route) => {
    for (const body of [[], 'text', 7, null]) expect([body, (await send(route, { body })).status]).toEqual([body, 400]);
    for (const [field, own] of Object.entries(properties(toSchema(route.body)))) {
      const wrong = own.type === 'boolean' || own.type === 'number' ? 'text' : 7.5;
      const { status, body } = await send(route, { body: { [field]: wrong } });
      expect([field, status, body.error?.code]).toEqual([field, 400, 'INVALID_PARAMS']);
    }
  });

  it.each(writing)('refuses bodies that are too large, not JSON, or not said to be: %s', { tags: ['console-fields'] }, async (_, route) => {
    const raw = (body: string, headers: Record<string, string>) =>
      rawAsk(gateway, `/api/console${pathOf(route)}`, {
        method: route.method.toUpperCase(),
        headers: { Authorization: `Bearer ${admin}`, 'Content-Length': String(Buffer.byteLength(body)), ...headers },
        body,
      });
    const json = { 'Content-Type': 'application/json' };
    expect((await raw(JSON.stringify({ x: 'x'.repeat(66_000) }), json)).status).toBe(413);
    for (const body of ['{', '{"a":1,"a":2}', '\u0000']) expect([body, (await raw(body, json)).status]).toEqual([body, 400]);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
    ])
      expect([type, (await raw('{}', { 'Content-Type': type })).status]).toEqual([type, 415]);
    expect((await raw('{}', { ...json, 'Content-Encoding': 'gzip' })).status).toBe(415);
  });

  it.each(table)('refuses foreign pages and names: %s', { tags: ['console-foreign-page'] }, async (_, route) => {
    const { port } = new URL(gateway.url);
    const others = [
      { Origin: 'http://evil.test' },
      { Origin: 'null' },
      { Origin: 'http://127.0.0.1:1' },
      { Origin: `https://127.0.0.1:${port}` },
      { Origin: `http://localhost:${port}` },
      { Host: 'evil.test' },
      { Host: `evil.test:${port}`, Origin: `http://evil.test:${port}` },
    ] as const;
    for (const headers of others) {
      const path = `/api/console${pathOf(route)}`;
      const reply = await rawAsk(gateway, path, {
        method: route.method.toUpperCase(),
        headers: { Authorization: `Bearer ${admin}`, ...headers },
      });
      expect([headers, reply.status]).toEqual([headers, 403]);
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
      expect(JSON.parse(reply.text)).toMatchObject({ error: { code: expect.stringMatching(/^(ORIGIN|HOST)_REFUSED$/) } });
    }
    const preflight = await rawAsk(gateway, `/api/console${pathOf(route)}`, {
      method: 'OPTIONS',
      headers: { Origin: 'http://evil.test', 'Access-Control-Request-Method': route.method.toUpperCase() },
    });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([403, undefined]);
  });

  it.each(table)('is not cached, and refuses other methods: %s', async (_, route) => {
    const taken = ROUTES.filter(({ path }) => path === route.path).map(({ method }) => method.toUpperCase());
    expect((await send(route, { query: '?command=x' })).headers.get('cache-control')).toBe('no-store');
    const other = await ask(gateway, pathOf(route), { method: 'PATCH', key: admin });
    expect([other.status, other.headers.get('allow')]).toEqual([405, taken.join(', ')]);
  });
});

/** Words for what runs on this machine, or where code and data come from. */
const FORBIDDEN = new Set(['command', 'args', 'env', 'path', 'cwd', 'url', 'package', 'source', 'install']);
/** Objects whose keys a plugin or a tool declares. */
const FREE = new Set(['values', 'secrets', 'arguments', 'answer']);

describe('what may be written', () => {
  it.each([...writing.map(([name, { body }]) => [name, body] as const), ['messages of the page', pageMessageSchema] as const])(
    'names no program, file or address, and has no open places: %s',
    { tags: ['console-no-processes'] },
    (_, schema) => {
      walk(toSchema(schema));
    },
  );

  it('is declared by fields for every route', () => {
    for (const [name, { query, body, method }] of table) {
      expect([name, toSchema(query).additionalProperties]).toEqual([name, false]);
      if (method === 'get') expect([name, hasFields(body)]).toEqual([name, false]);
    }
  });
});

// Fails for a forbidden field, and for an object that takes unknown ones.
function walk(schema: JsonObject): void {
  for (const [field, own] of Object.entries(properties(schema))) {
    expect(FORBIDDEN.has(field)).toBe(false);
    if (!FREE.has(field)) walk(own);
  }
  for (const option of [...list(schema.anyOf), ...list(schema.oneOf), ...list(schema.allOf), ...list(schema.items)]) walk(option);
  if (schema.type === 'object') expect(schema.additionalProperties).toBe(false);
  else if (!schema.anyOf && !schema.oneOf)
    expect([schema, typeof (schema.type ?? schema.const ?? schema.enum)]).not.toEqual([schema, 'undefined']);
}

function properties(schema: JsonObject): Record<string, JsonObject> {
  const options = [schema, ...list(schema.anyOf), ...list(schema.oneOf)];
  return Object.fromEntries(options.flatMap(({ properties: own }) => Object.entries((own ?? {}) as Record<string, JsonObject>)));
}

function list(value: unknown): JsonObject[] {
  return (Array.isArray(value) ? value : [value]).filter(isJsonObject);
}
