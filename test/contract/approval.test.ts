import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { connect, type Generation, type Target } from '../support/clients.ts';
import { FIXTURE_BIN, serve, writeConfig } from '../support/gateway.ts';
import { openRaw, type RawReply } from '../support/modern.ts';
import { until } from '../support/processes.ts';
import { endsAfterAll, tempFolder } from '../support/temp.ts';

// A tool that requires approval, with real clients of both eras over four transports.

const atEnd = endsAfterAll();
const stdio = (config: string): Target => ({ command: process.execPath, args: [FIXTURE_BIN, 'stdio', '--config', config] });

// The second one has a short timeout for questions.
const start = async (askMs: number) => {
  const config = { limits: { askMs, callTimeoutMs: 1000 }, plugins: { asked: { path: './consent.fixture', approval: 'ask' } } };
  const file = writeConfig(config, ['consent'], tempFolder(atEnd));
  return { file, runs: join(file, '../consent.fixture.runs'), gateway: await serve(file, { atEnd }) };
};
let patient: Awaited<ReturnType<typeof start>>;
let hasty: typeof patient;

beforeAll(async () => {
  [patient, hasty] = await Promise.all([start(3000), start(600)]);
});

const TARGETS: Readonly<Record<string, (of: typeof patient) => Target>> = {
  'Streamable HTTP': ({ gateway }) => gateway.at('http'),
  'HTTP+SSE': ({ gateway }) => gateway.at('sse'),
  WebSocket: ({ gateway }) => gateway.at('ws'),
  stdio: ({ file }) => stdio(file),
};
const CASES: [string, Generation][] = Object.keys(TARGETS).flatMap((name) =>
  (['v1', 'v2 legacy', 'v2 modern'] as const)
    .filter((g) => g !== 'v2 modern' || name !== 'HTTP+SSE')
    .map((g): [string, Generation] => [name, g]),
);

const accept = (decision?: string) => () => ({ action: 'accept', content: decision === undefined ? {} : { decision } });
let marks = 0;
const newMark = (): string => `mark ${++marks}`;

describe.each(CASES)('approval over %s, client %s', (name, generation) => {
  const target = (of: typeof patient) => (TARGETS[name] as (of: typeof patient) => Target)(of);
  const open = (elicit?: (params: Record<string, unknown>) => object) => connect(generation, target(patient), elicit ? { elicit } : {});
  const ran = (mark: string, { runs } = patient) => (existsSync(runs) ? readFileSync(runs, 'utf8') : '').includes(mark);

  it('runs the tool after the user approves, and asks again for the next call', { tags: ['approval-asked'] }, async () => {
    const questions: Record<string, unknown>[] = [];
    const client = await open((params) => {
      questions.push(params);
      return accept('Allow once')();
    });
    const mark = newMark();
    expect((await client.call('consent_erase', { what: mark })).content[0]?.text).toBe(`erased ${mark}`);
    expect(questions).toHaveLength(1);
    expect(questions[0]?.message).toContain('consent_erase of the plugin consent');
    expect(questions[0]?.message).toContain(`"what": "${mark}"`);
    await client.call('consent_erase', { what: mark });
    expect(questions).toHaveLength(2);
  });

  it('reports a denial to the model and does not run the tool', { tags: ['approval-no'] }, async () => {
    const mark = newMark();
    const client = await open(() => ({ action: 'decline' }));
    const result = await client.call('consent_erase', { what: mark });
    expect([result.isError, result.content[0]?.text]).toEqual([true, 'User denied tool execution']);
    expect(result._meta?.['plugmux/error']).toMatchObject({ code: 'DENIED', outcome: 'NOT_SENT' });
    expect(ran(mark)).toBe(false);
  });

  it('reports a dismissed question and does not run the tool', async () => {
    const mark = newMark();
    const result = await (await open(() => ({ action: 'cancel' }))).call('consent_erase', { what: mark });
    expect([result.isError, result.content[0]?.text]).toEqual([true, expect.stringContaining('dismissed without an answer')]);
    expect(ran(mark)).toBe(false);
  });

  it('rejects the call at once if the client does not support elicitation, and names the fix', async () => {
    const client = await open();
    const result = await client.call('consent_erase', { what: 'x' });
    expect([result.isError, result._meta?.['plugmux/error']]).toEqual([true, expect.objectContaining({ code: 'DENIED' })]);
    expect(result.content[0]?.text).toContain('"plugins": { "consent": { "approval": { "erase": "allow" } } } in mcp.json');
    expect(result.content[0]?.text).toContain('plugmux approvals allow consent_erase');
  });

  it('pauses the deadline of the call while the user decides', async () => {
    const client = await open(() => new Promise<object>((resolve) => setTimeout(() => resolve(accept()()), 1200)) as object);
    expect((await client.call('consent_erase', { what: 'late' })).content[0]?.text).toBe('erased late');
  });

  it('ends the call if no answer arrives', { tags: ['approval-no'] }, async () => {
    const mark = newMark();
    if (generation === 'v2 modern') {
      // The client keeps the question; a late answer is rejected as expired.
      const raw = await openRaw(target(hasty));
      const { result } = await raw.call('consent_erase', { what: mark });
      await new Promise((resolve) => setTimeout(resolve, 800));
      const { error } = await raw.call('consent_erase', { what: mark }, { ...agreed, requestState: result?.requestState });
      expect(error).toMatchObject({ code: -32602, message: expect.stringContaining('expired') });
    } else {
      const client = await connect(generation, target(hasty), { elicit: () => new Promise(() => undefined) as object });
      const result = await client.call('consent_erase', { what: mark });
      expect([result.isError, result.content[0]?.text]).toEqual([
        true,
        expect.stringContaining('The question whether to run consent_erase was not answered'),
      ]);
    }
    expect(ran(mark, hasty)).toBe(false);
  });

  it('offers to remember the approval for a session, but not against the operator’s rules', async () => {
    const offered: unknown[] = [];
    const client = await open(({ requestedSchema }) => {
      const { properties } = requestedSchema as { properties: { decision?: { enum: string[] } } };
      offered.push(properties.decision?.enum);
      return accept(generation === 'v2 modern' ? undefined : 'Allow for this session')();
    });
    for (const what of ['a', 'b']) await client.call('asked_erase', { what });
    expect(offered).toEqual(generation === 'v2 modern' ? [undefined, undefined] : [['Allow once', 'Allow for this session']]);
    const other = await open(() => ({ action: 'decline' }));
    expect((await other.call('asked_erase', { what: 'c' })).isError).toBe(true);
  });

  it('rejects answers that were not offered', async () => {
    const mark = newMark();
    let asked = 0;
    const client = await open(() => (++asked === 1 ? accept('Always allow')() : { action: 'decline' }));
    expect((await client.call('asked_erase', { what: mark })).isError).toBe(true);
    expect(ran(mark)).toBe(false);
  });
});

const stateOf = ({ result }: RawReply): string => String(result?.requestState);
// Without its first part no call waits for the state: only its ticket counts, as after a restart.
const alone = (state: string): string => state.replace(/^[^.]+/, 'gone');
const agreed = { inputResponses: { approval: { action: 'accept', content: {} } } };

describe('permanent approval', () => {
  it.each(['v1', 'v2 modern'] as const)(
    'survives a restart, only for this caller and tool: client %s',
    { tags: ['approval-remembered'] },
    async (generation) => {
      const dir = tempFolder();
      const config = writeConfig({ profiles: { other: {} } }, ['consent'], dir);
      const first = await serve(config);
      const client = await connect(generation, { url: first.url }, { elicit: accept('Always allow') });
      await client.call('erase', { what: 'one' });
      await first.stop('SIGKILL');
      const second = await serve(config);
      const again = await connect(generation, { url: second.url });
      expect((await again.call('erase', { what: 'two' })).content[0]?.text).toBe('erased two');
      const elsewhere = await connect(generation, second.at('http', 'other'));
      expect((await elsewhere.call('erase', { what: 'three' })).content[0]?.text).toContain('--profile other');
    },
  );
});

describe('approval across a restart', () => {
  it('continues when a modern client retries at a new gateway process', async () => {
    const config = writeConfig({}, ['consent']);
    const first = await serve(config);
    const address = new URL(first.url).host;
    let restarts = 0;
    const elicit = async (): Promise<object> => {
      restarts++;
      await first.stop('SIGKILL');
      await serve(config, { address });
      return accept('Allow once')();
    };
    const client = await connect('v2 modern', { url: first.url }, { elicit });
    expect((await client.call('erase', { what: 'x' })).content[0]?.text).toBe('erased x');
    expect([restarts, (await client.call('runs')).content[0]?.text]).toEqual([1, 'x;']);
  });

  it.each(['http', 'ws', 'stdio'] as const)(
    'accepts a ticket of the previous gateway process once: %s',
    { tags: ['approval-ticket'] },
    async (kind) => {
      const config = writeConfig({}, ['consent']);
      const start = async () => {
        if (kind === 'stdio') return { target: stdio(config), stop: () => undefined };
        const serving = await serve(config);
        return { target: serving.at(kind), stop: serving.stop };
      };
      const before = await start();
      const { result } = await (await openRaw(before.target)).call('erase', { what: 'x' });
      expect(result).toMatchObject({ resultType: 'input_required', inputRequests: { approval: { method: 'elicitation/create' } } });
      const { requestState } = result as { requestState: string };
      await before.stop();
      const raw = await openRaw((await start()).target);
      expect((await raw.call('erase', { what: 'x' }, { ...agreed, requestState })).result?.content?.[0]?.text).toBe('erased x');
      const replayed = await raw.call('erase', { what: 'x' }, { ...agreed, requestState });
      expect(replayed.error).toMatchObject({ code: -32602, message: expect.stringContaining('already used') });
      expect((await raw.call('runs', {})).result?.content?.[0]?.text).toBe('x;');
    },
  );

  it.each(['http', 'sse', 'ws'] as const)('does not run the call of a lost connection, and asks again: %s', async (kind) => {
    const config = writeConfig({}, ['consent']);
    const first = await serve(config);
    let asked = 0;
    const client = await connect('v1', first.at(kind), {
      elicit: () => {
        asked++;
        return new Promise(() => undefined) as object;
      },
    });
    const lost = client.call('erase', { what: 'x' }).catch(() => 'lost');
    await until('the question arrives', () => asked === 1);
    await first.stop('SIGKILL');
    void lost;
    const elicit = () => {
      asked++;
      return accept()();
    };
    const again = await connect('v1', (await serve(config)).at(kind), { elicit });
    expect((await again.call('runs')).content[0]?.text).toBe('');
    await again.call('erase', { what: 'y' });
    expect([asked, (await again.call('runs')).content[0]?.text]).toEqual([2, 'y;']);
  });
});

describe('tickets on the wire', () => {
  const tokens = ['ada', 'bob'].map((principal) => ({ token: `a-token-for-${principal}-only`, principal }));
  const login = (who: number) => ({ authorization: `Bearer ${tokens[who]?.token}` });
  const begin = async () => {
    const serving = await serve(writeConfig({ auth: { tokens }, profiles: { other: {} } }, ['consent']));
    const ada = await openRaw({ url: serving.url, headers: login(0) });
    const bob = await openRaw({ url: serving.url, headers: login(1) });
    const state = stateOf(await ada.call('erase', { what: 'x' }));
    return { serving, ada, bob, state, alone: alone(state) };
  };
  const change = (text: string, at: number) => text.slice(0, at) + (text.at(at) === 'A' ? 'B' : 'A') + text.slice(at + 1);

  it('are rejected if altered, invented or for other arguments, and the tool does not run', {
    tags: ['approval-ticket', 'F19'],
  }, async () => {
    const { ada, state, alone } = await begin();
    const ticketAt = alone.lastIndexOf('.') + 1;
    const bad = [
      change(state, state.length - 1),
      change(alone, alone.length - 1),
      change(alone, ticketAt + 1),
      change(alone, ticketAt + 20),
      'gone.x.made~up~ticket~here',
      'gone.x.',
      'gone.x',
    ];
    for (const requestState of bad) expect((await ada.call('erase', { what: 'x' }, { ...agreed, requestState })).error?.code).toBe(-32602);
    for (const requestState of [state, alone])
      expect((await ada.call('erase', { what: 'y' }, { ...agreed, requestState })).error?.code).toBe(-32602);
    for (const tool of ['wipe', 'runs'])
      expect((await ada.call(tool, { what: 'x' }, { ...agreed, requestState: alone })).error?.code).toBe(-32602);
    expect((await ada.call('runs', {})).result?.content?.[0]?.text).toBe('');
    expect((await ada.call('erase', { what: 'x' }, { ...agreed, requestState: alone })).result?.content?.[0]?.text).toBe('erased x');
  });

  it('are rejected for another caller or profile, and stay valid for their owner', { tags: ['approval-ticket', 'F41'] }, async () => {
    const { serving, ada, bob, state, alone } = await begin();
    const elsewhere = await openRaw({ url: serving.at('http', 'other').url, headers: login(0) });
    for (const requestState of [state, alone])
      for (const stranger of [bob, elsewhere])
        expect((await stranger.call('erase', { what: 'x' }, { ...agreed, requestState })).error?.code).toBe(-32602);
    expect((await ada.call('erase', { what: 'x' }, { ...agreed, requestState: state })).result?.content?.[0]?.text).toBe('erased x');
    for (const requestState of [state, alone])
      expect((await ada.call('erase', { what: 'x' }, { ...agreed, requestState })).error?.code).toBe(-32602);
    expect((await ada.call('runs', {})).result?.content?.[0]?.text).toBe('x;');
  });

  it('require their answer: without it the question is asked again', async () => {
    const { ada, alone } = await begin();
    const { result } = await ada.call('erase', { what: 'x' }, { requestState: alone, inputResponses: { approval: { action: 'maybe' } } });
    expect(result?.resultType).toBe('input_required');
    expect((await ada.call('erase', { what: 'x' }, { ...agreed, requestState: alone })).error?.code).toBe(-32602);
    const no = await ada.call(
      'erase',
      { what: 'x' },
      { inputResponses: { approval: { action: 'decline' } }, requestState: result?.requestState },
    );
    expect(no.result?.content?.[0]?.text).toBe('User denied tool execution');
  });

  it('are only issued with the question: an answer in the first request is ignored', async () => {
    const { ada } = await begin();
    expect((await ada.call('erase', { what: 'x' }, agreed)).result?.resultType).toBe('input_required');
  });
});

describe('approval with guards', () => {
  it('asks about the arguments changed by a guard, and again if they change later', async () => {
    const serving = await serve(writeConfig({}, ['consent', 'meddler']));
    const raw = await openRaw({ url: serving.url });
    const question = ({ result }: RawReply) =>
      (result as { inputRequests: { approval: { params: { message: string } } } }).inputRequests.approval.params.message;
    const first = await raw.call('erase', { what: 'meddle' });
    expect(question(first)).toContain('meddled 0.');
    const requestState = alone(stateOf(first));
    const second = await raw.call('erase', { what: 'meddle' }, { ...agreed, requestState });
    expect(second.result?.resultType).toBe('input_required');
    expect(question(second)).not.toBe(question(first));
    const third = await raw.call('erase', { what: 'meddle' }, { ...agreed, requestState: second.result?.requestState });
    expect(third.result?.content?.[0]?.text).toContain('erased meddled 0.');
  });

  it("reports the user's approval to authorize hooks", async () => {
    const serving = await serve(writeConfig({}, ['consent', 'meddler']));
    const client = await connect('v1', { url: serving.url }, { elicit: accept() });
    expect((await client.call('erase', { what: 'agreed?' })).content[0]?.text).toContain('agreed: true');
    expect((await client.call('wipe', { what: 'agreed?' })).content[0]?.text).toContain('agreed: false');
  });
});
