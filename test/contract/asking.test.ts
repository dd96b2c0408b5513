import { beforeAll, describe, expect, it } from 'vitest';
import { connect, type Generation, type Handlers, type Target } from '../support/clients.ts';
import { FIXTURE_BIN, type Serving, serve, writeConfig } from '../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../support/temp.ts';

// A plugin asks the client behind a call: one interface, two eras, four transports.

const atEnd = endsAfterAll();
let gateway: Serving;
/** With a short timeout for questions. */
let hasty: Serving;
let stdio: Target;

beforeAll(async () => {
  const fileOf = (askMs: number) => writeConfig({ limits: { askMs, callTimeoutMs: 1000 } }, ['plain'], tempFolder(atEnd));
  const file = fileOf(4000);
  [gateway, hasty] = (await Promise.all([file, fileOf(600)].map((one) => serve(one, { atEnd })))) as [Serving, Serving];
  stdio = { command: process.execPath, args: [FIXTURE_BIN, 'stdio', '--config', file] };
});

const TARGETS: Readonly<Record<string, () => Target>> = {
  'Streamable HTTP': () => gateway.at('http'),
  'HTTP+SSE': () => gateway.at('sse'),
  WebSocket: () => gateway.at('ws'),
  stdio: () => stdio,
};
const CASES: [string, Generation][] = Object.keys(TARGETS).flatMap((name) =>
  (['v1', 'v2 legacy', 'v2 modern'] as const)
    .filter((g) => g !== 'v2 modern' || name !== 'HTTP+SSE')
    .map((g): [string, Generation] => [name, g]),
);

const accept = (content: object) => () => ({ action: 'accept', content });

describe.each(CASES)('asking over %s, client %s', (name, generation) => {
  const open = (handlers: Handlers) => connect(generation, (TARGETS[name] as () => Target)(), handlers);
  const say = async (handlers: Handlers, tool: string, args: object = {}): Promise<string> =>
    (await (await open(handlers)).call(tool, args)).content[0]?.text ?? '';

  it('returns a completed form', { tags: ['ask-form'] }, async () => {
    let seen: Record<string, unknown> = {};
    const elicit = (params: Record<string, unknown>) => {
      seen = params;
      return { action: 'accept', content: { name: 'Ada' } };
    };
    expect(await say({ elicit }, 'ask', { field: 'name' })).toBe('accept Ada');
    expect(seen).toMatchObject({
      message: 'Your name?',
      requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    });
  });

  it.each(['decline', 'cancel'])("returns the user's action %s", { tags: ['ask-form'] }, async (action) => {
    expect(await say({ elicit: () => ({ action }) }, 'ask', { field: 'name' })).toBe(action);
  });

  it('asks the user to open a URL', { tags: ['ask-url'] }, async () => {
    expect(await say({ elicit: ({ url }) => ({ action: url === 'https://example.com/login' ? 'accept' : 'decline' }) }, 'visit')).toBe(
      'accept',
    );
  });

  it("samples the client's model", { tags: ['ask-sampling-roots'] }, async () => {
    const sample = () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'deep' } });
    expect(await say({ sample }, 'think')).toBe('deep');
  });

  it('returns the roots', { tags: ['ask-sampling-roots'] }, async () => {
    expect(await say({ roots: () => ({ roots: [{ uri: 'file:///a' }, { uri: 'file:///b' }] }) }, 'roots')).toBe('file:///a,file:///b');
  });

  it('supports two questions in one call', { tags: ['mrtr-rounds'] }, async () => {
    expect(await say({ elicit: ({ message }) => accept({ x: message === 'First?' ? 1 : 2 })() }, 'twice')).toBe('3');
  });

  it('rejects at once if the client cannot answer', { tags: ['ask-undeclared'] }, async () => {
    const client = await open({});
    const started = performance.now();
    if (generation === 'v2 modern') await expect(client.call('think')).rejects.toMatchObject({ code: -32021 });
    else expect((await client.call('think'))._meta?.['plugmux/error']).toMatchObject({ code: 'CAPABILITY_MISSING', field: 'sampling' });
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('pauses the deadline of the call while the user decides', { tags: ['ask-stops-clock'] }, async () => {
    const elicit = () =>
      new Promise<object>((resolve) => setTimeout(() => resolve({ action: 'accept', content: { name: 'late' } }), 1200)) as object;
    expect(await say({ elicit }, 'ask', { field: 'name' })).toBe('accept late');
  });

  it('keeps the answers of two clients apart', { tags: ['T6'] }, async () => {
    const clients = await Promise.all(['Ada', 'Bob', 'Eve'].map((who) => open({ elicit: accept({ name: who }) })));
    const answers = await Promise.all(clients.flatMap((client) => [client, client].map((c) => c.call('ask', { field: 'name' }))));
    expect(answers.map((a) => a.content[0]?.text)).toEqual(['Ada', 'Ada', 'Bob', 'Bob', 'Eve', 'Eve'].map((who) => `accept ${who}`));
  });
});

describe('asking in the legacy era', () => {
  it('fails if the answer is missing or invalid', { tags: ['ask-validated'] }, async () => {
    const silent = await connect('v1', hasty.at('ws'), { elicit: () => new Promise(() => undefined) as object });
    expect((await silent.call('ask', { field: 'name' }))._meta?.['plugmux/error']).toMatchObject({ code: 'ASK_FAILED' });
    const wrong = await connect('v1', gateway.at('http'), { elicit: accept({ name: 7 }) });
    expect((await wrong.call('ask', { field: 'name' }))._meta?.['plugmux/error']).toMatchObject({
      code: 'ASK_FAILED',
      message: expect.stringContaining('name is of the wrong kind'),
    });
  });
});

describe('asking in the modern era', () => {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
  };
  let last = 0;

  async function post(
    params: object,
    target = gateway,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: { result?: Record<string, unknown>; error?: { code: number } } }> {
    const answer = await fetch(target.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'ask',
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: ++last,
        method: 'tools/call',
        params: { name: 'ask', arguments: { field: 'name' }, _meta: meta, ...params },
      }),
    });
    return { status: answer.status, body: (await answer.json()) as never };
  }

  const begin = async (target = gateway): Promise<string> => (await post({}, target)).body.result?.requestState as string;
  const answered = { q: { action: 'accept', content: { name: 'Ada' } } };

  it('returns the question and continues with its answer', { tags: ['mrtr-rounds'] }, async () => {
    const first = await post({});
    expect(first.body.result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { q: { method: 'elicitation/create' } },
      requestState: expect.any(String),
    });
    const second = await post({ requestState: first.body.result?.requestState, inputResponses: answered });
    expect(second.body.result).toMatchObject({ resultType: 'complete', content: [{ text: 'accept Ada' }] });
  });

  it('uses answers in the first request only for the first question', {
    tags: ['mrtr-offered-answers'],
  }, async () => {
    const { body } = await post({ inputResponses: { ...answered, extra: { action: 'accept' } } });
    expect(body.result).toMatchObject({ resultType: 'complete', content: [{ text: 'accept Ada' }] });
    expect((await post({ inputResponses: { q: { action: 'accept', content: { name: 1 } } } })).body.result?.resultType).toBe(
      'input_required',
    );
    const twice = await post({ name: 'twice', arguments: {}, inputResponses: { q: { action: 'accept', content: { x: 1 } } } }, gateway, {
      'mcp-name': 'twice',
    });
    expect(twice.body.result).toMatchObject({ resultType: 'input_required', inputRequests: { q: { params: { message: 'Second?' } } } });
  });

  it('asks again for missing or invalid answers, with a new state', { tags: ['F19', 'ask-validated'] }, async () => {
    let state = await begin();
    for (const inputResponses of [
      undefined,
      {},
      { other: answered.q },
      { q: 'text' },
      { q: { action: 'maybe' } },
      { q: { action: 'accept' } },
      { q: { action: 'accept', content: { name: 1 } } },
    ]) {
      const { body } = await post({ requestState: state, inputResponses });
      expect(body.result?.resultType).toBe('input_required');
      expect(body.result?.requestState).not.toBe(state);
      state = body.result?.requestState as string;
    }
    expect((await post({ requestState: state, inputResponses: { ...answered, extra: { action: 'accept' } } })).body.result).toMatchObject({
      content: [{ text: 'accept Ada' }],
    });
  });

  it.each([
    ['altered', (state: string) => state.slice(0, -2) + (state.endsWith('AA') ? 'BB' : 'AA')],
    ['made up', () => 'nonsense'],
    ['empty', () => ''],
    ['no text', () => 7],
  ])('rejects a state that is %s', { tags: ['F19'] }, async (_, alter) => {
    const state = await begin();
    expect((await post({ requestState: alter(state), inputResponses: answered })).body.error).toMatchObject({ code: -32602 });
    expect((await post({ requestState: state, inputResponses: answered })).body.result?.resultType).toBe('complete');
  });

  it('accepts a state once, for the same arguments, until it expires', { tags: ['F19'] }, async () => {
    const used = await begin();
    await post({ requestState: used, inputResponses: answered });
    expect((await post({ requestState: used, inputResponses: answered })).body.error?.code).toBe(-32602);
    const other = await begin();
    expect((await post({ requestState: other, arguments: { field: 'other' }, inputResponses: answered })).body.error?.code).toBe(-32602);
    expect((await post({ requestState: other, arguments: { field: 'name' }, inputResponses: answered })).body.result?.resultType).toBe(
      'complete',
    );
    const late = await begin(hasty);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect((await post({ requestState: late, inputResponses: answered }, hasty)).body.error?.code).toBe(-32602);
  });

  it('rejects a state of another principal, and keeps it valid for its owner', { tags: ['F19', 'F41'] }, async () => {
    const tokens = ['ada', 'bob'].map((principal) => ({ token: `a-token-for-${principal}-only`, principal }));
    const guarded = await serve(writeConfig({ auth: { tokens } }, ['plain']));
    const login = (who: number): Record<string, string> => ({ authorization: `Bearer ${tokens[who]?.token}` });
    const [ada, bob] = [login(0), login(1)];
    const state = (await post({}, guarded, ada)).body.result?.requestState;
    expect((await post({ requestState: state, inputResponses: answered }, guarded, bob)).body.error?.code).toBe(-32602);
    expect((await post({ requestState: state, inputResponses: answered }, guarded, ada)).body.result?.resultType).toBe('complete');
  });

  it('rejects a state of another run', { tags: ['T28', 'F19'] }, async () => {
    const other = await serve(writeConfig({}, ['plain']));
    const requestState = await begin();
    expect((await post({ requestState, inputResponses: answered }, other)).body.error?.code).toBe(-32602);
    expect((await post({ requestState, inputResponses: answered })).body.result?.resultType).toBe('complete');
  });

  it('responds with 400 to a missing required capability, before it asks anything', {
    tags: ['F19', 'ask-undeclared'],
  }, async () => {
    const { status, body } = await post({ _meta: { ...meta, 'io.modelcontextprotocol/clientCapabilities': {} } });
    expect([status, body.error]).toEqual([
      400,
      expect.objectContaining({ code: -32021, data: expect.objectContaining({ requiredCapabilities: { elicitation: {} } }) }),
    ]);
  });
});
