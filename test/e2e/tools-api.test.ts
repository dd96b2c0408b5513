import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE_BIN, run, type Serving, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

const TOKEN = 'a-token-of-sufficient-length';
const ends: (() => unknown)[] = [];
let file: string;
let open: Serving;
let guarded: Serving;

beforeAll(async () => {
  const atEnd = (end: () => unknown): void => void ends.push(end);
  file = writeConfig({ profiles: { few: { tools: ['echo'] } } }, ['plain', 'consent'], tempFolder(atEnd));
  open = await serve(file, { atEnd });
  const tokens = [{ token: TOKEN, principal: 'ada', profile: 'few' }];
  guarded = await serve(writeConfig({ auth: { tokens }, profiles: { few: { tools: ['echo'] } } }, ['plain'], tempFolder(atEnd)), { atEnd });
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

async function post(
  path: string,
  body: unknown,
  { target = open, headers = {} }: { target?: Serving; headers?: Record<string, string> } = {},
) {
  const answer = await fetch(new URL(`/api/tools/${path}`, target.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) };
}
const codeOf = ({ body }: { body: Record<string, unknown> | undefined }) => (body?.error as { code?: string } | undefined)?.code;

describe('POST /api/tools/<tool>', () => {
  it('calls a tool without MCP', async () => {
    expect(await post('echo', { message: 'hello' })).toMatchObject({ status: 200, body: { content: [{ type: 'text', text: 'hello' }] } });
    expect((await post('structured', {})).body).toMatchObject({ structuredContent: [1, 2] });
    expect((await post('runs', '')).status).toBe(200);
  });

  it('obeys the schema, the policy and the profile like any client', { tags: ['tools-api'] }, async () => {
    expect(await post('echo', { message: 7 })).toMatchObject({ status: 200, body: { isError: true } });
    expect((await post('erase', { what: 'x' })).body).toMatchObject({ isError: true, _meta: { 'plugmux/error': { code: 'DENIED' } } });
    expect((await post('few/echo', { message: 'hello' })).status).toBe(200);
    const hidden = await post('few/wipe', { what: 'x' });
    expect([hidden.status, codeOf(hidden)]).toEqual([404, 'UNKNOWN_TOOL']);
    const absent = await post('ecko', {});
    expect([absent.status, codeOf(absent)]).toEqual([404, 'UNKNOWN_TOOL']);
    const unable = await post('ask', { field: 'name' });
    expect([unable.status, codeOf(unable)]).toEqual([400, 'CAPABILITY_MISSING']);
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[1]'],
    ['a key twice', '{"message":"a","message":"b"}'],
    ['something smuggled in', '{"message":"a"},"requestState":"x"'],
  ])('rejects a body with %s', async (_, body) => {
    expect((await post('echo', body)).status).toBe(400);
  });

  it('counts a call of any name that no tool has', { tags: ['tools-api', 'audit-line'] }, async () => {
    const odd = [
      '1abc',
      'a.b',
      'x'.repeat(500),
      '%20',
      '%zz',
      '%00',
      'echo%2Fx',
      '%E2%80%AE',
      '..%2f..',
      '%ff',
      "'",
      'few/1abc',
      'few/%7Bname%7D',
    ];
    const config = writeConfig({ profiles: { few: { tools: ['echo'] } } }, ['plain']);
    const own = await serve(config);
    for (const name of odd) {
      const reply = await post(name, {}, { target: own });
      expect([name, reply.status, codeOf(reply)]).toEqual([name, 404, 'UNKNOWN_TOOL']);
    }
    expect((await post('%65cho', { message: 'found by its encoded name' }, { target: own })).status).toBe(200);
    // None of these addresses names a tool.
    for (const path of ['echo/', 'none/echo', 'few/echo/x'])
      expect([path, codeOf(await post(path, {}, { target: own }))]).toEqual([path, 'NOT_FOUND']);
    const folder = join(dirname(config), '.plugmux/audit');
    const lines = () => readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
    await until('each has its line', () => lines().filter((line) => line.includes('"UNKNOWN_TOOL"')).length === odd.length);
  });

  it('is checked by the same edge as the other routes', { tags: ['tools-api', 'T3'] }, async () => {
    const target = guarded;
    const login = { authorization: `Bearer ${TOKEN}` };
    const stranger = await post('echo', { message: 'a' }, { target });
    expect([stranger.status, codeOf(stranger)]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await post('echo', { message: 'a' }, { target, headers: login })).status).toBe(200);
    expect((await post('wait', { ms: 1 }, { target, headers: login })).status).toBe(404);
    expect((await post('none/echo', { message: 'a' }, { target, headers: login })).status).toBe(404);
    expect((await post('echo', { message: 'a' }, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await post('echo', { message: 'a' }, { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await fetch(new URL('/api/tools/echo', open.url))).status).toBe(405);
    expect((await post('', {})).status).toBe(405);
  });

  it('ends the call when the client disconnects', async () => {
    const cancelled = async () => Number(/"text":"(\d+)"/.exec(JSON.stringify((await post('cancelled', {})).body))?.[1]);
    const before = await cancelled();
    const abort = new AbortController();
    const pending = fetch(new URL('/api/tools/wait', open.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"ms":60000}',
      signal: abort.signal,
    }).catch(() => 'gone');
    setTimeout(() => abort.abort(), 400);
    expect(await pending).toBe('gone');
    await until('the tool is notified', async () => (await cancelled()) > before);
  });

  it('is what `plugmux export openapi` describes', async () => {
    const { stdout } = await run(['export', 'openapi', '--profile', 'few', '--http', new URL(open.url).host, '--config', file], {
      bin: FIXTURE_BIN,
    });
    const { servers, paths } = JSON.parse(stdout) as { servers: [{ url: string }]; paths: object };
    expect(Object.keys(paths)).toEqual(['/echo']);
    const answer = await fetch(`${servers[0].url}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"message":"hi"}',
    });
    expect(await answer.json()).toMatchObject({ content: [{ text: 'hi' }] });
  });
});
