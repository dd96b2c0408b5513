import { describe, expect, it } from 'vitest';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { META, openRaw, type RawModern } from '../../support/modern.ts';
import { until } from '../../support/processes.ts';
import { ask, login, makeCode } from '../support/console.ts';

const CLIENT = 'io.modelcontextprotocol/clientInfo';
type Item = Record<string, unknown>;
const ADMIN = { Authorization: 'Bearer a-token-of-an-administrator' };

/** A stateless client that the list knows by its name. */
async function enter(gateway: Serving, name: string): Promise<RawModern> {
  const client = await openRaw({ ...gateway.at('http'), headers: ADMIN });
  const _meta = { ...META, [CLIENT]: { name, version: '1' } };
  const headers = { 'content-type': 'application/json', 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list', ...ADMIN };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } });
  expect((await fetch(gateway.url, { method: 'POST', headers, body })).status).toBe(200);
  return { call: (tool, args, more = {}) => client.call(tool, args, { _meta, ...more }) };
}

async function start() {
  const file = writeConfig({ auth: { tokens: [{ token: 'a-token-of-an-administrator', principal: 'ann', scopes: ['admin'] }] } }, [
    'plain',
  ]);
  const gateway = await serve(file);
  const { key } = await login(gateway, { code: makeCode(file) });
  const list = async () => (await ask(gateway, '/clients', { key })).body.items as Item[];
  const end = async (name: string) => {
    const id = String((await list()).find((client) => client.name === name)?.id);
    expect((await ask(gateway, `/clients/${id}`, { method: 'DELETE', key })).status).toBe(204);
  };
  return { gateway, key, list, end };
}

describe('ending a stateless client', () => {
  it('cancels its running calls up to the plugin, and no others', { tags: ['console-clients'] }, async () => {
    const { gateway, list, end } = await start();
    const [ended, other] = [await enter(gateway, 'ended'), await enter(gateway, 'other')];
    const calls = [1, 2, 3].map(() => ended.call('wait', { ms: 60_000 }));
    other.call('wait', { ms: 60_000 }).catch(() => undefined);
    const running = async () =>
      ((await (await fetch(new URL('/status', gateway.url), { headers: ADMIN })).json()) as { calls: number }).calls;
    await until('all four run', async () => (await running()) === 4);
    await end('ended');
    for (const { result } of await Promise.all(calls)) {
      expect(result?.isError).toBe(true);
      expect(JSON.stringify(result)).toContain('An operator ended the session.');
    }
    await until('the plugin was told', async () => (await other.call('cancelled', {})).result?.content?.[0]?.text === '3');
    expect(await running()).toBe(1);
    expect((await list()).map(({ name }) => name)).toEqual(['other']);
  });

  it('ends a call that waits for its answer', { tags: ['console-clients'] }, async () => {
    const { gateway, end } = await start();
    const client = await enter(gateway, 'asked');
    const args = { field: 'colour' };
    const { result } = await client.call('ask', args);
    expect(result?.requestState).toBeDefined();
    await end('asked');
    const inputResponses = { q: { action: 'accept', content: { colour: 'red' } } };
    const { error } = await client.call('ask', args, { requestState: result?.requestState, inputResponses });
    expect(error?.message).toContain('Invalid requestState');
  });
});
