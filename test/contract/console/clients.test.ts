import { describe, expect, it } from 'vitest';
import { talos } from '../../../dist/adapters/talos/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { openApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
  'io.modelcontextprotocol/clientInfo': { name: 'newer', version: '2.0' },
};
const HEADERS = { 'mcp-protocol-version': '2026-07-28' };

async function open(): Promise<TestApp> {
  const dir = tempFolder();
  writePlugin(dir, 'dice', { 'index.ts': 'export const handlers = { run: () => "done" };' });
  const app = await openApp([talos], { plugins: { dice: { path: './dice' } } }, dir);
  await app.instance.registry.start();
  return app;
}

const replies = () => {
  const texts: string[] = [];
  const outlet = { write: ({ bytes }: { bytes?: string | Buffer }) => void (bytes && texts.push(String(bytes))) } as never;
  return { texts, outlet };
};
const message = (id: number, method: string, params: object = {}) => Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }));

describe('the list of clients', () => {
  it('shows a connection of the legacy era, and ends it', { tags: ['clients-listed'] }, async () => {
    const { instance } = await open();
    const { engine } = instance;
    const heard: string[] = [];
    engine.clients.onChange((id) => heard.push(id));
    const { texts, outlet } = replies();
    const ended: string[] = [];
    const connection = engine.connect(localCaller(), 'window', outlet, (reason) => ended.push(reason));
    const send = async (id: number, method: string, params?: object): Promise<void> => {
      connection.receive(engine.read(message(id, method, params)));
      await until(`${method} is answered`, () => texts.length >= id);
    };
    expect(engine.clients.list()).toEqual([]);
    await send(1, 'initialize', {
      protocolVersion: '2025-06-18',
      capabilities: { elicitation: {}, roots: {} },
      clientInfo: { name: 'older', version: '1.2' },
    });
    const [client] = engine.clients.list();
    const about = { name: 'older', version: '1.2', principal: 'local', profile: 'default', transport: 'window', era: 'legacy' };
    expect(client).toEqual({
      id: heard[0],
      ...about,
      since: expect.any(Number),
      introduced: expect.any(Number),
      canBeAsked: true,
      hasRoots: true,
      watches: [],
    });
    await send(2, 'tools/list');
    await send(3, 'tools/call', { name: 'dice_run', arguments: {} });
    expect(engine.clients.list()[0]).toMatchObject({ listed: expect.any(Number), lastCall: expect.any(Number) });

    expect(engine.clients.end('unknown', 'x')).toBe(false);
    expect(engine.clients.end(client?.id ?? '', 'An operator ended it.')).toBe(true);
    expect(ended).toEqual(['An operator ended it.']);
    connection.close('closed');
    expect(engine.clients.list()).toEqual([]);
  });

  it('shows clients of the stateless era by their last requests', { tags: ['clients-listed'] }, async () => {
    const { instance } = await open();
    const { engine } = instance;
    const caller = localCaller();
    const post = async (id: number, method: string, params: object = {}): Promise<void> => {
      const { texts, outlet } = replies();
      const name = 'name' in params ? { 'mcp-name': String(params.name) } : {};
      engine.streamable.post(
        engine.read(message(id, method, { ...params, _meta: MODERN })),
        { ...HEADERS, 'mcp-method': method, ...name },
        caller,
        outlet,
      );
      await until(`${method} is answered`, () => texts.length > 0);
    };
    await post(1, 'server/discover');
    expect(engine.clients.list()).toMatchObject([
      { name: 'newer', version: '2.0', transport: 'http', era: 'modern', canBeAsked: true, hasRoots: false },
    ]);
    expect(engine.clients.list()[0]).not.toHaveProperty('listed');
    const [{ since, introduced } = { since: 0, introduced: 0 }] = engine.clients.list();
    expect(introduced).toBeGreaterThanOrEqual(since);
    await post(2, 'tools/list');
    expect(engine.clients.list()[0]?.introduced).toBe(introduced);
    // It starts again: it is the same client, connected anew.
    await until('the clock goes on', () => Date.now() > introduced);
    await post(4, 'server/discover');
    expect(engine.clients.list()[0]).toMatchObject({ since });
    expect(engine.clients.list()[0]?.introduced).toBeGreaterThan(introduced);
    await post(3, 'tools/call', { name: 'dice_run', arguments: {} });
    const clients = engine.clients.list();
    expect(clients).toMatchObject([{ listed: expect.any(Number), lastCall: expect.any(Number) }]);
    expect(engine.clients.end(clients[0]?.id ?? '', 'x')).toBe(true);
    expect(engine.clients.list()).toEqual([]);
  });
});
