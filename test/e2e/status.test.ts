import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';

const token = (name: string): string => `a-token-of-sufficient-length-${name}`;
const auth = {
  tokens: [
    { token: token('ada'), principal: 'ada' },
    { token: token('operator'), principal: 'operator', scopes: ['admin'] },
  ],
};

interface Status {
  readonly replies: { accepted: number; sent: number; cancelled: number; dropped: number };
  readonly calls: number;
  readonly sessions: number;
  readonly websocket: number;
  readonly plugins: Record<string, string>;
  readonly resources: Record<string, number>;
}

const ask = (gateway: Serving, name?: string): Promise<Response> =>
  fetch(new URL('/status', gateway.url), name === undefined ? {} : { headers: { authorization: `Bearer ${token(name)}` } });

describe('/status', () => {
  it('exists only for administrators', async () => {
    const guarded = await serve(writeConfig({ auth }, ['plain']));
    expect((await ask(guarded)).status).toBe(401);
    expect((await ask(guarded, 'nobody')).status).toBe(401);
    const refused = await ask(guarded, 'ada');
    const unknown = await fetch(new URL('/no-such', guarded.url), { headers: { authorization: `Bearer ${token('ada')}` } });
    expect([refused.status, unknown.status]).toEqual([404, 404]);
    const blank = (text: string): string => text.replace(/"ref":"[^"]*"/, '');
    expect(blank(await refused.text())).toBe(blank(await unknown.text()));
    expect((await ask(await serve(writeConfig({}, ['plain'])))).status).toBe(404);
  });

  it('counts requests accepted, replies sent and calls cancelled, and calls in flight', async () => {
    const gateway = await serve(writeConfig({ auth }, ['plain']));
    const status = async (): Promise<Status> => (await ask(gateway, 'operator')).json() as Promise<Status>;
    expect(await status()).toMatchObject({
      replies: { accepted: 0, sent: 0, cancelled: 0, dropped: 0 },
      calls: 0,
      sessions: 0,
      plugins: { plain: 'ready' },
    });
    const client = await connect('v1', { ...gateway.at('http'), headers: { authorization: `Bearer ${token('ada')}` } });
    await client.call('echo', { message: 'x' });
    const abort = new AbortController();
    const pending = client.call('wait', { ms: 60_000 }, { signal: abort.signal }).catch(() => undefined);
    await until('the call is in flight', async () => (await status()).calls === 1);
    // The handshake and the echo have their replies, the call has not.
    expect(await status()).toMatchObject({ replies: { accepted: 3, sent: 2, cancelled: 0 }, sessions: 1 });
    abort.abort();
    await pending;
    await until('the call is over', async () => (await status()).calls === 0);
    expect((await status()).replies).toMatchObject({ accepted: 3, sent: 2, cancelled: 1 });
  });
});
