import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, run, type Serving, serve, writeConfig } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';

const ECHO = fileURLToPath(new URL('../fixtures/talos/echo', import.meta.url));
const ADMIN = 'a-token-for-administrators';
const OTHER = 'a-token-for-everybody-else';

interface Answer {
  readonly status: number;
  readonly body: { data?: unknown; error?: { code: string; message: string } };
}

function ask(gateway: Serving, path: string, options: { token?: string; method?: string; body?: string } = {}): Promise<Answer> {
  const { token, method = 'GET', body } = options;
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return fetch(new URL(path, gateway.url), { method, headers, ...(body === undefined ? {} : { body }) }).then(async (response) => ({
    status: response.status,
    body: (await response.json()) as Answer['body'],
  }));
}

const post = (gateway: Serving, path: string, body?: string) =>
  ask(gateway, path, { token: ADMIN, method: 'POST', ...(body === undefined ? {} : { body }) });

describe('the administrators’ routes', () => {
  let gateway: Serving;
  const ends: (() => unknown)[] = [];
  const dir = tempFolder((end) => void ends.push(end));
  const tokens = [
    { token: ADMIN, principal: 'admin', scopes: ['admin'] },
    { token: OTHER, principal: 'other' },
  ];
  const config = () => writeConfig({ plugins: { 'acme.echo': { path: ECHO } }, auth: { tokens } }, [], dir);

  beforeAll(async () => {
    gateway = await serve(config(), { bin: BIN, atEnd: (end) => void ends.push(end) });
    return async () => {
      for (const end of ends.reverse()) await end();
    };
  });

  it.each([
    [undefined, 401, 'SW_AUTH_INVALID_TOKEN'],
    ['a-wrong-token-altogether', 401, 'SW_AUTH_INVALID_TOKEN'],
    [OTHER, 403, 'SW_AUTH_INSUFFICIENT_PERMISSION'],
  ])('answer the token %s with %i', async (token, status, code) => {
    for (const path of ['/v1/admin/plugins', '/v1/plugins', '/v1/plugins/x/toggle']) {
      const answer = await ask(gateway, path, token === undefined ? {} : { token });
      expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
    }
  });

  it('are closed without a configured token, on loopback too', async () => {
    const open = await serve(writeConfig({ plugins: { echo: { path: ECHO } } }), { bin: BIN });
    expect(await ask(open, '/v1/admin/plugins')).toMatchObject({ status: 401, body: { error: { code: 'SW_AUTH_INVALID_TOKEN' } } });
  });

  it('list every plugin with its state and its tools', async () => {
    const { status, body } = await ask(gateway, '/v1/admin/plugins', { token: ADMIN });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      data: [{ id: 'echo', format: 'talos', enabled: true, error: null, tools: [{ name: 'acme_echo_echo', side_effects: false }] }],
      meta: { total: 1 },
    });
  });

  it('disable and enable a plugin repeatedly', async () => {
    for (const _ of [1, 2])
      expect(await post(gateway, '/v1/admin/plugins/acme.echo/disable')).toMatchObject({
        status: 200,
        body: { data: { enabled: false, tools: [] } },
      });
    for (const _ of [1, 2])
      expect(await post(gateway, '/v1/admin/plugins/echo/enable')).toMatchObject({
        status: 200,
        body: { data: { enabled: true, state: 'ready' } },
      });
    expect(await post(gateway, '/v1/plugins/echo/toggle')).toMatchObject({ body: { data: { enabled: false } } });
    expect(await post(gateway, '/v1/plugins/echo/toggle', '{"enabled":false}')).toMatchObject({ body: { data: { enabled: false } } });
    expect(await post(gateway, '/v1/plugins/echo/toggle')).toMatchObject({ body: { data: { enabled: true } } });
  });

  it.each(['text/plain; charset=latin1', 'application/json; charset="utf-16"'])('reject a body of the type %s', async (type) => {
    const response = await fetch(new URL('/v1/plugins/echo/toggle', gateway.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': type },
      body: '{"enabled":false}',
    });
    expect(response.status).toBe(415);
  });

  it.each([
    ['POST', '/v1/admin/plugins/nobody/enable', 404, 'SW_PLUGIN_NOT_FOUND'],
    ['POST', '/v1/rooms/r/plugins/echo/toggle', 404, 'SW_ROOM_NOT_FOUND'],
    ['GET', '/v1/plugins/echo/toggle', 405, 'SW_METHOD_NOT_ALLOWED'],
    ['GET', '/v1/admin/plugins/%', 404, 'SW_NOT_FOUND'],
    ['POST', '/v1/admin/plugins/%E0%A4%A/enable', 404, 'SW_PLUGIN_NOT_FOUND'],
    ['POST', '/v1/admin/pluginsx', 404, undefined],
  ])('answer %s %s with %i', async (method, path, status, code) => {
    const answer = await ask(gateway, path, { token: ADMIN, method });
    expect([answer.status, answer.body.error?.code]).toEqual([status, code === undefined ? expect.anything() : code]);
  });

  it('remember a disabled plugin across a restart', async () => {
    await post(gateway, '/v1/admin/plugins/echo/disable');
    await gateway.stop();
    gateway = await serve(config(), { bin: BIN, atEnd: (end) => void ends.push(end) });
    expect(await ask(gateway, '/v1/plugins', { token: ADMIN })).toMatchObject({ body: { data: [{ id: 'echo', enabled: false }] } });
  });
});

describe('plugmux enable and disable', () => {
  it('apply across commands, and name the existing plugins on a typo', async () => {
    const args = ['--config', writeConfig({ plugins: { echo: { path: ECHO } } })];
    const state = async () => (JSON.parse((await run(['list', '--json', ...args])).stdout) as { state: string }[])[0]?.state;
    expect(await run(['disable', 'echo', ...args])).toMatchObject({ code: 0, stdout: expect.stringContaining('echo is disabled.') });
    expect(await state()).toBe('disabled');
    expect(await run(['enable', 'echo', ...args])).toMatchObject({ code: 0, stdout: expect.stringContaining('echo is enabled.') });
    expect(await state()).toBe('ready');
    expect(await run(['enable', 'eco', ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean echo?') });
  });
});
