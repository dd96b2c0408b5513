import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json/json.ts';
import { connect } from '../support/clients.ts';
import { BIN, run, type Serving, serve, writeConfig } from '../support/gateway.ts';
import { openapiFaults } from '../support/openapi.ts';
import { tempFolder } from '../support/temp.ts';

const TOKEN = 'a-token-of-sufficient-length';
const PLUGINS = fileURLToPath(new URL('../../plugins', import.meta.url));
const ends: (() => unknown)[] = [];
let open: Serving;
let guarded: Serving;

beforeAll(async () => {
  const atEnd = (end: () => unknown): void => void ends.push(end);
  const profiles = { few: { tools: ['echo'] }, sought: { mode: 'search' } };
  open = await serve(writeConfig({ profiles }, ['plain', 'consent'], tempFolder(atEnd)), { atEnd });
  const tokens = [
    { token: TOKEN, principal: 'ada', profile: 'few' },
    { token: `${TOKEN}-2`, principal: 'eve' },
  ];
  guarded = await serve(writeConfig({ auth: { tokens }, profiles }, ['plain'], tempFolder(atEnd)), { atEnd });
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

interface Tool extends JsonObject {
  readonly name: string;
}

async function get(path: string, { target = open, ...init }: RequestInit & { target?: Serving } = {}) {
  const answer = await fetch(new URL(path, target.url), init);
  const text = await answer.text();
  const body = (text === '' ? {} : JSON.parse(text)) as { items?: Tool[]; error?: { code: string }; paths?: object; servers?: object[] };
  return { status: answer.status, headers: answer.headers, body, text };
}
const names = ({ body }: { body: { items?: Tool[] } }) => body.items?.map(({ name }) => name);

describe('GET /api/tools', () => {
  it('lists what the caller may call, with schemas and effects', { tags: ['tools-listed'] }, async () => {
    const { status, headers, body } = await get('/api/tools');
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, 'application/json', 'no-store']);
    const listed = await (await connect('v2 auto', { url: open.url })).list();
    expect(body.items?.map(({ name }) => name)).toEqual(listed);
    const echo = body.items?.find(({ name }) => name === 'echo');
    expect(echo).toMatchObject({
      plugin: 'plain',
      description: expect.any(String),
      input: { type: 'object' },
      approval: expect.any(String),
    });
    expect(body.items?.find(({ name }) => name === 'erase')).toMatchObject({ hints: { destructive: true }, approval: 'required' });
  });

  it('lists the tools of a profile, in search mode all that can be called', { tags: ['tools-listed'] }, async () => {
    expect(names(await get('/api/tools?profile=few'))).toEqual(['echo']);
    expect(names(await get('/api/tools?profile=default'))).toEqual(names(await get('/api/tools')));
    expect(names(await get('/api/tools?profile=sought'))).toEqual(names(await get('/api/tools')));
    expect(names(await get('/api/tools/?profile=few&unknown=1'))).toEqual(['echo']);
    for (const path of ['/api/tools?profile=none', '/api/tools?profile=', '/api/tools?profile=few&profile=default', '/api/tools/few/']) {
      const { status, body } = await get(path);
      expect([path, status, body.error?.code]).toEqual([path, 404, 'NOT_FOUND']);
    }
  });

  it('answers HEAD, and 304 for a list that the client has', { tags: ['tools-listed'] }, async () => {
    const { headers, text } = await get('/api/tools');
    const etag = headers.get('etag') as string;
    const head = await get('/api/tools', { method: 'HEAD' });
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', String(Buffer.byteLength(text))]);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await get('/api/tools', { headers: { 'if-none-match': tag } });
      expect([tag, same.status, same.text, same.headers.get('etag')]).toEqual([tag, 304, '', etag]);
    }
    expect((await get('/api/tools', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    expect((await get('/api/tools?profile=few')).headers.get('etag')).not.toBe(etag);
  });

  it('is checked by the same edge as calls', { tags: ['tools-listed', 'T3'] }, async () => {
    const target = guarded;
    for (const path of ['/api/tools', '/api/openapi.json']) {
      const stranger = await get(path, { target });
      expect([stranger.status, stranger.body.error?.code, stranger.headers.has('www-authenticate')]).toEqual([
        401,
        'UNAUTHENTICATED',
        true,
      ]);
      expect((await get(path, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
      const post = await get(path, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
      expect([post.status, post.headers.get('allow'), post.body.error?.code]).toEqual([405, 'GET, HEAD', 'METHOD_NOT_ALLOWED']);
      const bound = { authorization: `Bearer ${TOKEN}` };
      // A token that is bound to a profile sees only that one.
      expect((await get(`${path}?profile=sought`, { target, headers: bound })).status).toBe(404);
      expect((await get(`${path}?profile=sought`, { target, headers: { authorization: `Bearer ${TOKEN}-2` } })).status).toBe(200);
    }
    expect(names(await get('/api/tools', { target, headers: { authorization: `Bearer ${TOKEN}` } }))).toEqual(['echo']);
  });
});

describe('GET /api/openapi.json', () => {
  it('describes the addresses that call the tools', { tags: ['openapi-valid'] }, async () => {
    const { body, headers } = await get('/api/openapi.json?profile=few');
    expect([await openapiFaults(body as JsonObject), Object.keys(body.paths ?? {}), headers.get('cache-control')]).toEqual([
      [],
      ['/echo'],
      'no-store',
    ]);
    const [{ url }] = body.servers as [{ url: string }];
    const address = new URL(`${url}/echo`, new URL('/api/openapi.json', open.url));
    expect(address.pathname).toBe('/api/tools/few/echo');
    const answer = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"message":"hi"}' });
    expect(await answer.json()).toMatchObject({ content: [{ text: 'hi' }] });
  });

  it('names the login if the gateway has one', async () => {
    const { body } = await get('/api/openapi.json', { target: guarded, headers: { authorization: `Bearer ${TOKEN}` } });
    expect(body).toMatchObject({ security: [{ token: [] }], servers: [{ url: './tools/few' }] });
    expect(await openapiFaults(body as JsonObject)).toEqual([]);
  });

  it('is valid for the default plugins, like the one that `plugmux export` prints', {
    tags: ['openapi-valid'],
    timeout: 120_000,
  }, async () => {
    const file = writeConfig({ pluginFolders: [PLUGINS] });
    const gateway = await serve(file, { bin: BIN });
    const { body } = await get('/api/openapi.json', { target: gateway });
    expect(await openapiFaults(body as JsonObject)).toEqual([]);
    expect(Object.keys(body.paths ?? {})).toContain('/notes_write');
    const { stdout } = await run(['export', 'openapi', '--config', file], { bin: BIN });
    expect(await openapiFaults(JSON.parse(stdout) as JsonObject)).toEqual([]);
  });
});
