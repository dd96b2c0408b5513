import { beforeAll, describe, expect, it } from 'vitest';
import { connect, type Generation, type Handlers, type TestClient } from '../support/clients.ts';
import { FIXTURE_BIN, type Serving, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { endsAfterAll, tempFolder } from '../support/temp.ts';

// A server behind the gateway asks its client: both eras on either side, over every transport.

const atEnd = endsAfterAll();
let front: Serving;

const UPSTREAMS = ['stdio_legacy', 'stdio_modern', 'http_legacy', 'http_modern', 'sse_legacy', 'ws_legacy', 'ws_modern'];

beforeAll(async () => {
  const plain = writeConfig({ limits: { askMs: 20_000 } }, ['plain'], tempFolder(atEnd));
  const back = await serve(plain, { atEnd });
  const program = { command: process.execPath, args: [FIXTURE_BIN, 'stdio', '--config', plain] };
  const entry = (id: string): object => {
    const [kind, era] = id.split('_');
    const target = kind === 'stdio' ? program : { ...back.at(kind as 'http'), type: kind };
    return era === 'legacy' ? { ...target, era } : target;
  };
  const mcpServers = Object.fromEntries(UPSTREAMS.map((id) => [id, entry(id)]));
  front = await serve(writeConfig({ mcpServers, limits: { askMs: 20_000 } }, [], tempFolder(atEnd)), { atEnd });
  const client = await connect('v2 legacy', front.at('http'), {}, atEnd);
  await until('every server is listed', async () => {
    const tools = await client.list();
    return UPSTREAMS.every((id) => tools.includes(`${id}_ask`));
  });
});

const CASES = UPSTREAMS.flatMap((upstream) => (['v1', 'v2 legacy', 'v2 modern'] as const).map((g): [string, Generation] => [upstream, g]));
const accept = (content: object) => () => ({ action: 'accept', content });

describe.each(CASES)('upstream %s, client %s', (upstream, generation) => {
  const open = (handlers: Handlers): Promise<TestClient> => connect(generation, front.at('http'), handlers);
  const say = async (handlers: Handlers, tool: string, args: object = {}): Promise<string> =>
    (await (await open(handlers)).call(`${upstream}_${tool}`, args)).content[0]?.text ?? '';

  it('gets forms, URLs, sampling and the roots of the client', { tags: ['F20'] }, async () => {
    let seen: Record<string, unknown> = {};
    const elicit = (params: Record<string, unknown>) => {
      seen = params;
      return { action: 'accept', content: { name: 'Ada' } };
    };
    expect(await say({ elicit }, 'ask', { field: 'name' })).toBe('accept Ada');
    expect(seen).toMatchObject({
      message: 'Your name?',
      requestedSchema: { properties: { name: { type: 'string' } }, required: ['name'] },
    });
    expect(await say({ elicit: () => ({ action: 'decline' }) }, 'ask', { field: 'name' })).toBe('decline');
    expect(await say({ elicit: ({ url }) => ({ action: url === 'https://example.com/login' ? 'accept' : 'cancel' }) }, 'visit')).toBe(
      'accept',
    );
    expect(await say({ sample: () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'deep' } }) }, 'think')).toBe('deep');
    expect(await say({ roots: () => ({ roots: [{ uri: 'file:///a' }, { uri: 'file:///b' }] }) }, 'roots')).toBe('file:///a,file:///b');
    expect(await say({ elicit: ({ message }) => accept({ x: message === 'First?' ? 1 : 2 })() }, 'twice')).toBe('3');
  });

  it('is rejected if the client cannot answer', async () => {
    const client = await open({});
    if (generation === 'v2 modern') await expect(client.call(`${upstream}_think`)).rejects.toMatchObject({ code: -32021 });
    else
      expect((await client.call(`${upstream}_think`))._meta?.['plugmux/error']).toMatchObject({
        code: 'CAPABILITY_MISSING',
        field: 'sampling',
      });
  });

  it('keeps the answers of several clients apart', async () => {
    const clients = await Promise.all(['Ada', 'Bob', 'Eve'].map((who) => open({ elicit: accept({ name: who }) })));
    const answers = await Promise.all(
      clients.flatMap((client) => [client, client].map((c) => c.call(`${upstream}_ask`, { field: 'name' }))),
    );
    expect(answers.map((a) => a.content[0]?.text)).toEqual(['Ada', 'Ada', 'Bob', 'Bob', 'Eve', 'Eve'].map((who) => `accept ${who}`));
  });
});
