import { beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../../dist/src/console/api/table.js';
import { BIN, run, type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';
import { type ApiReply, ask, login, makeCode } from '../support/console.ts';

// Each error of the API says what is wrong and what to do, with the facts of the command line.

const ADA = { token: 'ada-0123456789abcdef', principal: 'ada', scopes: ['admin'] };
const MANIFEST = {
  settings: [
    { name: 'sides', label: 'Sides', type: 'number', default: '6' },
    { name: 'mode', label: 'Mode', type: 'string' },
  ],
};
const FILES = { 'index.js': 'export const handlers = { run: () => "ran" };' };
let gateway: Serving;
let config = '';
let key = '';
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  const atEnd = (end: () => unknown): void => void ends.push(end);
  const dir = tempFolder(atEnd);
  for (const id of ['dice', 'cards', 'off']) writePlugin(dir, id, FILES, MANIFEST);
  const plugins = { dice: { path: './dice', settings: { mode: 'a' } }, cards: { path: './cards' }, off: { path: './off', enabled: false } };
  config = writeConfig({ plugins, auth: { tokens: [ADA] } }, [], dir);
  gateway = await serve(config, { bin: BIN, atEnd });
  ({ key } = await login(gateway, { code: makeCode(config) }));
  await until('the tools are listed', async () => ((await ask(gateway, '/tools', { key })).body.items as object[]).length === 2);
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

const errorOf = ({ body }: ApiReply) => body.error as { code: string; message: string; fix?: string; field?: string } | undefined;
const stderrOf = async (...args: string[]) => (await run([...args, '--config', config], { bin: BIN })).stderr;

describe('an unknown name in an address', { tags: ['console-errors'] }, () => {
  const named = ROUTES.filter(({ path, scope }) => path.includes(':') && scope !== undefined);

  it.each(named.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const))(
    'is answered with what can be done: %s',
    async (_, { method, path }) => {
      const bodies: Record<string, object> = {
        '/plugins/:id/settings': { revision: 'x', values: {}, secrets: {} },
        '/plugins/:id/choices': { key: 'x' },
        '/tools/:name': { profile: 'default', on: true },
        '/tools/:name/try': { id: 'x', profile: 'default', arguments: {} },
        '/approvals/:id': { answer: 'deny', shown: 'x' },
      };
      const body = method === 'get' ? undefined : (bodies[path] ?? {});
      const reply = await ask(gateway, path.replace(/:\w+/, 'dicee'), { key, method: method.toUpperCase(), ...(body && { body }) });
      expect([reply.status, errorOf(reply)?.code]).toEqual([
        path.startsWith('/approvals') ? 410 : 404,
        expect.stringMatching(/^(NOT_FOUND|UNKNOWN_TOOL|APPROVAL_GONE)$/),
      ]);
      const text = `${errorOf(reply)?.message} ${errorOf(reply)?.fix}`;
      expect(text).not.toContain('printed URL');
      if (path.startsWith('/plugins')) expect(text).toBe('There is no plugin "dicee". Did you mean dice?');
      if (path.startsWith('/tools')) expect(text).toMatch(/dicee.*(Did you mean|Use one of|List the tools)/);
    },
  );
});

describe('the API and the command line', { tags: ['console-errors'] }, () => {
  it('say the same of an unknown plugin and profile', async () => {
    for (const [path, command] of [
      ['/plugins/nope/settings', ['settings', 'nope']],
      ['/plugins/carts', ['info', 'carts']],
      ['/tools?profile=defautl', ['list', '--profile', 'defautl']],
    ] as const) {
      const error = errorOf(await ask(gateway, path, { key }));
      expect(await stderrOf(...command)).toContain(`${error?.message} ${error?.fix}`);
    }
  });

  it('say the same of settings that cannot be stored', async () => {
    const { revision } = (await ask(gateway, '/plugins/dice/settings', { key })).body as unknown as { revision: string };
    for (const [values, text] of [
      [{ sides: 'x' }, 'sides=x'],
      [{ none: 1 }, 'none=1'],
      [{ mode: 'b' }, 'mode=b'],
    ] as const) {
      const error = errorOf(await ask(gateway, '/plugins/dice/settings', { key, method: 'PUT', body: { revision, values, secrets: {} } }));
      expect(await stderrOf('settings', 'dice', text)).toContain(`${error?.message} ${error?.fix}`);
    }
  });

  it('refuse to enable what the file disables, and say how', async () => {
    const fix = 'Run `plugmux enable off --in-file`.';
    expect(await stderrOf('enable', 'off')).toContain(`mcp.json disables the plugin "off". ${fix}`);
    const reply = await ask(gateway, '/plugins/off/enable', { key, body: {} });
    expect([reply.status, errorOf(reply)]).toMatchObject([
      423,
      { code: 'FIXED_BY_FILE', message: 'mcp.json disables the plugin "off".', fix },
    ]);
    const headers = { Authorization: `Bearer ${ADA.token}` };
    const answer = await fetch(new URL('/v1/admin/plugins/off/enable', gateway.url), { method: 'POST', headers });
    expect([answer.status, await answer.json()]).toMatchObject([409, { error: { message: 'mcp.json disables the plugin "off".', fix } }]);
  });
});

describe('a request with wrong fields', { tags: ['console-errors'] }, () => {
  it.each([
    ['/login', 'POST', {}, 'The body is not valid: it takes either "code" or "token".'],
    ['/overview?x=1', 'GET', undefined, 'The query has the unknown field "x". Send the query without fields.'],
    ['/tools?x=1', 'GET', undefined, 'The query has the unknown field "x". The query takes "profile", "plugin", "q".'],
    ['/plugins/dice/settings', 'PUT', {}, '"revision" of the body is missing: it must be a string. Send "revision".'],
    ['/plugins/dice/settings', 'PUT', [], 'The body is not valid: it must be an object.'],
    ['/tools/dice_run', 'PUT', { profile: 'default', on: 7 }, '"on" of the body is not valid: expected boolean, received number.'],
    [
      '/approvals/x',
      'POST',
      { answer: 'maybe', shown: 'x' },
      '"answer" of the body is not valid: expected one of "once"|"session"|"always"|"deny".',
    ],
  ])('names the field and what it takes: %s %s', async (path, method, body, expected) => {
    const reply = await ask(gateway, path, { key, method, ...(body === undefined ? {} : { body }) });
    expect([reply.status, `${errorOf(reply)?.message} ${errorOf(reply)?.fix}`]).toEqual([400, expect.stringContaining(expected)]);
  });
});

it('a request without a key says how to get one, and a token of another scope what it lacks', { tags: ['console-errors'] }, async () => {
  const none = errorOf(await ask(gateway, '/overview'));
  expect(`${none?.message} ${none?.fix}`).toContain('No key of the console was sent. Log in with the link of `plugmux console`');
  const wrong = errorOf(await ask(gateway, '/overview', { key: 'wrong' }));
  expect(wrong?.message).toContain('its login has ended, or never was');
  const other = errorOf(await ask(gateway, '/overview', { key, method: 'PATCH' }));
  expect(other?.message).toBe('This address serves GET only.');
});
