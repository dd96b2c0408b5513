import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';

const OBSERVER = 'a-token-that-may-look-only';
const USER = 'a-token-without-any-scope';
const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown): void => void ends.push(end);
let config: string;
let gateway: Serving;

beforeAll(async () => {
  const tokens = [
    { token: OBSERVER, principal: 'olga', scopes: ['observe'] },
    { token: USER, principal: 'uwe' },
  ];
  config = writeConfig({ auth: { tokens } }, ['plain'], tempFolder(atEnd));
  gateway = await serve(config, { atEnd });
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

describe('the login of the console', () => {
  it('takes a code once', { tags: ['console-link-once'] }, async () => {
    const code = makeCode(config);
    const { key, who, scopes, expires } = await login(gateway, { code });
    expect([who, scopes]).toEqual(['local', ['admin']]);
    expect(expires - Date.now()).toBeGreaterThan(11 * 3_600_000);
    expect((await ask(gateway, '/overview', { key })).body).toMatchObject({ me: { who: 'local' }, plugins: [{ id: 'plain' }] });
    const folder = join(dirname(config), '.plugmux/audit');
    const lines = () => readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'));
    const loginLine = () => lines().find((line) => line.includes('"action":"login"')) ?? '{}';
    await expect.poll(() => JSON.parse(loginLine())).toMatchObject({ event: 'admin', principal: 'console:local', outcome: 'ok' });
    const again = await ask(gateway, '/login', { body: { code } });
    expect([again.status, again.body.error?.code]).toEqual([403, 'LOGIN_CODE_REFUSED']);
  });

  it('takes tokens with a scope of the console', { tags: ['console-token-login'] }, async () => {
    const { key, who, scopes } = await login(gateway, { token: OBSERVER });
    expect([who, scopes]).toEqual(['olga', ['observe']]);
    expect((await ask(gateway, '/overview', { key })).status).toBe(200);
    expect((await ask(gateway, '/login', { body: { token: USER } })).body.error?.code).toBe('FORBIDDEN');
    expect((await ask(gateway, '/login', { body: { token: 'a-wrong-token-altogether' } })).status).toBe(401);
    // Only a key opens the API.
    expect((await ask(gateway, '/overview', { key: OBSERVER })).status).toBe(401);
  });

  it('ends with the logout, for one or for all', async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => login(gateway, { token: OBSERVER })));
    expect((await ask(gateway, '/logout', { key: one?.key ?? '', body: {} })).status).toBe(204);
    expect((await ask(gateway, '/overview', { key: one?.key ?? '' })).status).toBe(401);
    expect((await ask(gateway, '/logout', { key: two?.key ?? '', body: { everywhere: true } })).status).toBe(204);
    expect((await ask(gateway, '/overview', { key: three?.key ?? '' })).status).toBe(401);
  });

  it('is throttled for failures only', { tags: ['console-login-throttled'] }, async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 14; i++) statuses.push((await ask(gateway, '/login', { body: { code: `wrong-${i}` } })).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([403, 429]);
    expect((await login(gateway, { code: makeCode(config) })).who).toBe('local');
  });
});
