import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { emptyOffer } from '../../../dist/src/core/contract/plugin.js';
import { openApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

/** A plugin that offers nothing until it opens, and another prompt with each change. */
function slowPlugin() {
  let prompts: object[] | undefined;
  const listeners: (() => void)[] = [];
  const adapter = {
    kind: 'slow',
    options: {},
    paths: [],
    read: async ({ key, path }: { key?: string; path: string }) => [
      { id: key, version: '1', adapter: 'slow', origin: path, watch: [], digest: 'd' },
    ],
    open: async (manifest: object) => ({
      manifest,
      offer: () => prompts && { ...emptyOffer, prompts },
      state: () => (prompts ? 'ready' : 'opening'),
      start: async () => undefined,
      onChange: (listener: () => void) => listeners.push(listener),
      close: async () => undefined,
    }),
  };
  const change = (): void => {
    prompts = [...(prompts ?? []), { name: `p${prompts?.length ?? 0}`, get: async () => ({ messages: [] }) }];
    for (const listener of listeners) listener();
  };
  return { adapter: adapter as never, change };
}

async function connectTo(adapter: never) {
  const dir = tempFolder();
  const { instance: app } = await openApp([adapter], { plugins: { slow: { path: dir } } });
  const lines: { id?: number; method?: string }[] = [];
  const write = ({ bytes }: { bytes?: string | Buffer }) => void lines.push(JSON.parse(String(bytes)));
  const connection = app.engine.connect(localCaller(), 'test', { write }, () => undefined);
  const send = (message: object) => connection.receive(app.engine.read(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))));
  const initialize = () =>
    send({
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    });
  const initialized = () => send({ method: 'notifications/initialized' });
  return { app, lines, send, initialize, initialized };
}

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** Longer than the gateway batches changes. */
const notified = () => new Promise((resolve) => setTimeout(resolve, 60));

describe('a connection with a handshake', () => {
  it('sends nothing before the reply to initialize, and no notification about changes that the reply includes', {
    tags: ['handshake-first'],
  }, async () => {
    const { adapter, change } = slowPlugin();
    const { lines, initialize, initialized } = await connectTo(adapter);
    initialize();
    change();
    await until('it is answered', () => lines.length > 0);
    initialized();
    await notified();
    expect(lines.map(({ id, method }) => id ?? method)).toEqual([1]);
  });

  it('sends no notification before notifications/initialized, and then one for all changes until then', {
    tags: ['handshake-first'],
  }, async () => {
    const { adapter, change } = slowPlugin();
    change();
    const { lines, initialize, initialized } = await connectTo(adapter);
    initialize();
    await until('it is answered', () => lines.length > 0);
    change();
    await notified();
    change();
    await notified();
    expect(lines.map(({ id, method }) => id ?? method)).toEqual([1]);
    initialized();
    const changed = 'notifications/prompts/list_changed';
    expect(lines.map(({ id, method }) => id ?? method)).toEqual([1, changed]);
    change();
    await until('the notification arrives', () => lines.length > 2);
    expect(lines[2]?.method).toBe(changed);
  });

  it('starts after a probe whose reply the client did not wait for', { tags: ['modern-probe-then-handshake'] }, async () => {
    const { adapter, change } = slowPlugin();
    const { lines, send, initialize, initialized } = await connectTo(adapter);
    send({ id: 0, method: 'server/discover', params: { _meta: ENVELOPE } });
    initialize();
    change();
    await until('both are answered', () => lines.length > 1);
    initialized();
    send({ id: 2, method: 'prompts/list' });
    await until('the list is answered', () => lines.length > 2);
    expect(lines.map((line) => [line.id, 'result' in line])).toEqual([0, 1, 2].map((id) => [id, true]));
  });
});
