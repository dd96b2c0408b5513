import { beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../../dist/src/console/api/table.js';
import { connect, type TestClient } from '../../support/clients.ts';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';
import { openPage } from '../support/page.ts';

// Every route of the table, for every kind of login. A new route is covered by itself.

type Item = Record<string, unknown>;
const SCOPES: Readonly<Record<string, readonly string[] | undefined>> = {
  ann: ['admin'],
  olga: ['observe'],
  oscar: ['observe'],
  uwe: ['use'],
  mia: ['metrics'],
  eve: undefined,
};
const tokenOf = (name: string): string => `a-token-of-the-principal-${name}`;
const as = (name: string): { Authorization: string } => ({ Authorization: `Bearer ${tokenOf(name)}` });
const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown): void => void ends.push(end);
let gateway: Serving;
let config: string;
let client: TestClient;
let link = '';

beforeAll(async () => {
  const tokens = Object.entries(SCOPES).map(([principal, scopes]) => ({ token: tokenOf(principal), principal, ...(scopes && { scopes }) }));
  config = writeConfig({ auth: { tokens } }, ['plain', 'consent'], tempFolder(atEnd));
  gateway = await serve(config, { atEnd });
  client = await connect(
    'v1',
    { ...gateway.at('http'), headers: as('uwe') },
    { elicit: () => ({ action: 'accept', content: { decision: 'Always allow' } }) },
    atEnd,
  );
  await client.list();
  link = (await login(gateway, { code: makeCode(config) })).key;
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

const itemsOf = async (path: string, key = link): Promise<Item[]> => (await ask(gateway, path, { key })).body.items as Item[];
const table = ROUTES.filter(({ scope }) => scope !== undefined).map(
  (route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const,
);

/** An address of a route with things that exist and belong to others. */
async function addressOf(path: string): Promise<string> {
  const [other] = (await itemsOf('/clients')).filter(({ principal }) => principal === 'uwe');
  const names: Readonly<Record<string, unknown>> = {
    plugins: 'plain',
    tools: 'echo',
    prompts: 'greet',
    clients: other?.id,
    approvals: 'a1',
  };
  return path.replace(/^\/(\w+)\/:\w+/, (_, kind: string) => {
    if (names[kind] === undefined) throw new Error(`the test knows nothing for the parameter of ${path}`);
    return `/${kind}/${names[kind]}`;
  });
}

describe('every route of the console', () => {
  it.each(table)('is for logins with its scope, whoever they are: %s', { tags: ['console-key'] }, async (_, { method, path, scope }) => {
    const address = await addressOf(path);
    const send = (key: string) =>
      // A body that is never valid, so that nothing changes.
      ask(gateway, address, { key, method: method.toUpperCase(), ...(method === 'get' ? {} : { body: { unknown: 1 } }) });
    const statuses: Record<string, number> = {};
    for (const name of ['ann', 'olga', 'oscar']) statuses[name] = (await send((await login(gateway, { token: tokenOf(name) })).key)).status;
    statuses.link = (await send(link)).status;
    const passed = method === 'get' ? statuses.link : 400;
    const observer = scope === 'observe' ? passed : 403;
    expect(statuses).toEqual({ ann: passed, olga: observer, oscar: observer, link: passed });
    expect(passed === 200 || passed === 400).toBe(true);
  });

  it('has no login for tokens without a scope of it', { tags: ['console-token-login'] }, async () => {
    for (const name of ['uwe', 'mia', 'eve'])
      expect((await ask(gateway, '/login', { body: { token: tokenOf(name) } })).body.error?.code).toBe('FORBIDDEN');
  });
});

describe('a key of the console', () => {
  it('opens nothing but the console', { tags: ['console-key'] }, async () => {
    for (const path of [
      '/mcp',
      '/sse',
      '/ws',
      '/api/tools',
      '/api/openapi.json',
      '/metrics',
      '/status',
      '/v1/admin/plugins',
      '/api/tools/echo',
    ])
      for (const method of ['GET', 'POST']) {
        const headers = {
          Authorization: `Bearer ${link}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        };
        const { status } = await fetch(new URL(path, gateway.url), { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
        expect([path, method, status === 401 || status === 429 || status === 405]).toEqual([path, method, true]);
      }
  });
});

describe('an observer', () => {
  it('cannot change a client, a call or an approval of another principal', { tags: ['console-key'] }, async () => {
    const { key } = await login(gateway, { token: tokenOf('olga') });
    await client.call('erase', { what: 'garden' });
    const [grant] = await itemsOf('/grants');
    expect(grant).toMatchObject({ principal: 'uwe', tool: 'erase' });
    const page = await openPage(gateway, { key, want: ['calls', 'approvals'] });
    const admin = await openPage(gateway, { key: link, want: ['approvals'] });
    const asked = await connect('v1', { ...gateway.at('http'), headers: as('eve') });
    const call = asked.call('erase', { what: 'private-argument' });
    await until('the call waits', async () => (await itemsOf('/approvals')).length === 1);
    const [waiting] = await itemsOf('/approvals');
    const id = String((await itemsOf('/clients')).find(({ principal }) => principal === 'uwe')?.id);
    const { principal, profile, plugin, tool } = grant as Item;
    const tries: [string, string, object?][] = [
      ['DELETE', `/clients/${id}`],
      ['DELETE', '/grants', { principal, profile, plugin, tool }],
      ['POST', `/approvals/${String(waiting?.id)}`, { answer: 'once', shown: waiting?.shown }],
      ['GET', '/approvals'],
      ['POST', '/tools/echo/try', { id: 'x', profile: 'default', arguments: { message: 'x' } }],
      ['PUT', '/tools/echo', { profile: 'default', on: false }],
      ['POST', '/plugins/plain/disable'],
    ];
    for (const [method, path, body] of tries) {
      const { status } = await ask(gateway, path, { key, method, ...(body ? { body } : {}) });
      expect([method, path, status]).toEqual([method, path, 403]);
    }
    page.socket.send(JSON.stringify({ type: 'answer', id: waiting?.id, answer: { action: 'accept', content: {} } }));
    expect(await itemsOf('/approvals')).toHaveLength(1);
    expect(await itemsOf('/grants')).toEqual([grant]);
    expect(page.texts.join()).not.toContain('private-argument');
    await until('the administrator sees it', () => admin.texts.join().includes('private-argument'));
    expect((await client.call('echo', { message: 'still here' })).content[0]?.text).toBe('still here');
    const { status } = await ask(gateway, `/approvals/${String(waiting?.id)}`, {
      key: link,
      body: { answer: 'deny', shown: waiting?.shown },
    });
    expect(status).toBe(204);
    expect((await call).isError).toBe(true);
  });

  it('logs out everywhere without ending the logins of others', { tags: ['console-revoked'] }, async () => {
    const keyOf = async (name: string) => (await login(gateway, { token: tokenOf(name) })).key;
    const [olga, second, oscar, ann] = [await keyOf('olga'), await keyOf('olga'), await keyOf('oscar'), await keyOf('ann')];
    const code = makeCode(config);
    expect((await ask(gateway, '/logout', { key: olga, body: { everywhere: true } })).status).toBe(204);
    const statuses = await Promise.all(
      [olga, second, oscar, ann, link].map(async (key) => (await ask(gateway, '/overview', { key })).status),
    );
    expect(statuses).toEqual([401, 401, 200, 200, 200]);
    expect((await login(gateway, { code })).who).toBe('local');
  });
});

describe('a tool that is being tried', () => {
  it('is answered by its own login only, and ends with it', { tags: ['console-revoked', 'console-try'] }, async () => {
    const { key } = await login(gateway, { token: tokenOf('ann') });
    const [own, other] = [await openPage(gateway, { key }), await openPage(gateway, { key: link })];
    const tried = ask(gateway, '/tools/erase/try', { key, body: { id: 'try', profile: 'default', arguments: { what: 'shed' } } });
    await until('the call asks', () => own.messages.some(({ type }) => type === 'try'));
    other.socket.send(JSON.stringify({ type: 'answer', id: 'try', answer: { action: 'accept', content: { decision: 'Allow once' } } }));
    expect(other.messages.some(({ type }) => type === 'try')).toBe(false);
    const before = (await client.call('cancelled', {})).content[0]?.text;
    const running = ask(gateway, '/tools/wait/try', { key, body: { id: 'wait', profile: 'default', arguments: { ms: 60_000 } } });
    await until(
      'it runs',
      async () => ((await (await fetch(new URL('/status', gateway.url), { headers: as('ann') })).json()) as Item).calls === 1,
    );
    expect((await ask(gateway, '/logout', { key, body: {} })).status).toBe(204);
    expect([(await tried).status, (await running).status]).toEqual([401, 401]);
    expect(Number((await client.call('cancelled', {})).content[0]?.text)).toBe(Number(before) + 1);
    expect((await client.call('runs', {})).content[0]?.text).not.toContain('shed');
  });
});
