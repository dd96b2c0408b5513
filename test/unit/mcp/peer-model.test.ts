import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../../src/app.ts';
import { replyTotals } from '../../../src/mcp/pending-replies.ts';
import { tempFolder } from '../../support/temp.ts';
import { type Arrival, EngineClient, type Kind } from './peer-clients.ts';
import { openApp, type Puppet } from './puppet.ts';

// The engine with everything below it, and a plugin that holds back every answer. The model tracks the pending ids; after
// each command exactly the expected replies must have arrived, each at the right client and with its own token.

const KINDS: readonly Kind[] = ['connection', 'session', 'modern connection', 'session', 'modern requests'];

/** A request as the model sees it. */
interface Pending {
  readonly client: number;
  readonly id: number | string;
  readonly token: string;
  /** Where its reply arrives; undefined while its stream is cut. */
  place: string | undefined;
  /** The event id to resume with while its stream is cut. */
  cutAfter?: string | undefined;
  /** Messages while its stream was cut; the reply is the last one. */
  readonly kept: string[];
  answered: boolean;
  streaming: boolean;
}

interface Model {
  pending: Pending[];
  connected: boolean[];
}

interface Real {
  readonly clients: EngineClient[];
  readonly puppet: Puppet;
  expected: (Arrival & { client: number })[];
}

type Step = fc.AsyncCommand<Model, Real>;

let tokens = 0;
let app: App;
let puppet: Puppet;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  ({ app, puppet } = await openApp(tempFolder((end) => ends.push(end))));
});
afterAll(async () => {
  await app.close();
  for (const end of ends) await end();
});

/** Repeats an entry, so that it is chosen more often. */
const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Answers a request in the model: its reply must arrive at the client, or is stored until the client resumes. */
function settle(model: Model, real: Real, request: Pending, text: string): void {
  request.answered = true;
  if (request.place !== undefined) model.pending = model.pending.filter((other) => other !== request);
  receive(real, request, text);
}

function receive(real: Real, request: Pending, text: string): void {
  if (request.place === undefined) request.kept.push(text);
  else real.expected.push({ client: request.client, place: request.place, text });
}

const answer = ({ id }: Pending, text: string): string => `${JSON.stringify(id)} ${text}`;

const isOpen = (request: Pending): boolean => !request.answered;

/** A command that picks a client, or one of the requests it can be about. */
abstract class Command implements Step {
  readonly pick: number;
  constructor(pick: number) {
    this.pick = pick;
  }

  check(model: Readonly<Model>): boolean {
    return this.choices(model).length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    real.expected = [];
    const choices = this.choices(model);
    this.act(model, real, choices[this.pick % choices.length] as never);
    await turn();
    const arrived = real.clients.flatMap((client, i) => client.take().map((arrival) => ({ ...arrival, client: i })));
    expect(sorted(arrived)).toEqual(sorted(real.expected));
  }

  protected abstract choices(model: Readonly<Model>): readonly unknown[];
  protected abstract act(model: Model, real: Real, choice: never): void;
  toString = (): string => `${this.constructor.name} ${this.pick}`;
}

const sorted = (arrivals: readonly object[]): string[] => arrivals.map((a) => JSON.stringify(a, ['client', 'place', 'text'])).sort();

const clients = (model: Readonly<Model>, connected: boolean): number[] =>
  [...model.connected.keys()].filter((i) => model.connected[i] === connected);

class Connect extends Command {
  protected choices = (model: Readonly<Model>) => clients(model, false);
  protected act(model: Model, real: Real, client: never): void {
    (real.clients[client] as EngineClient).connect();
    model.connected[client] = true;
  }
}

class CallTool extends Command {
  readonly id: number | string;
  constructor(pick: number, id: number | string) {
    super(pick);
    this.id = id;
  }

  protected choices = (model: Readonly<Model>) => clients(model, true);
  protected act(model: Model, real: Real, client: never): void {
    const { kind } = real.clients[client] as EngineClient;
    const token = `token ${++tokens}`;
    const taken = model.pending.some((other) => other.client === client && other.id === this.id && isOpen(other));
    const params = { name: 'hold', arguments: { token }, _meta: { progressToken: 'p' } };
    const place = (real.clients[client] as EngineClient).send({ id: this.id, method: 'tools/call', params });
    // In the stateless era requests are independent, so ids may repeat.
    if (taken && kind !== 'modern requests') real.expected.push({ client, place, text: 'null DUPLICATE_ID' });
    else model.pending.push({ client, id: this.id, token, place, kept: [], answered: false, streaming: false });
  }

  override toString = (): string => `CallTool ${this.pick} ${JSON.stringify(this.id)}`;
}

class Answer extends Command {
  protected choices = (model: Readonly<Model>) => model.pending.filter(isOpen);
  protected act(model: Model, real: Real, request: never): void {
    const { token } = request as Pending;
    // Twice: the second answer must reach no client.
    real.puppet.answer(token);
    real.puppet.answer(token);
    settle(model, real, request, answer(request, token));
  }
}

// Abandoned calls continue and send progress and answers: nothing of that may arrive.
class AnswerLate extends Command {
  protected choices = () => [undefined];
  protected act(model: Model, real: Real): void {
    const pending = new Set(model.pending.filter(isOpen).map(({ token }) => token));
    for (const [token, { ctx }] of real.puppet.held) {
      if (pending.has(token)) continue;
      ctx.progress(++tokens);
      real.puppet.answer(token);
    }
  }
}

class Progress extends Command {
  protected choices = (model: Readonly<Model>) => model.pending.filter(isOpen);
  protected act(_: Model, real: Real, request: never): void {
    const pending = request as Pending;
    const done = ++tokens;
    real.puppet.held.get(pending.token)?.ctx.progress(done);
    pending.streaming ||= pending.place !== undefined;
    receive(real, pending, `progress ${done}`);
  }
}

class Crash extends Command {
  protected choices = (model: Readonly<Model>) => (model.pending.some(isOpen) ? [undefined] : []);
  protected act(model: Model, real: Real): void {
    real.puppet.crash();
    for (const request of model.pending.filter(isOpen)) settle(model, real, request, answer(request, 'PLUGIN_CRASHED'));
  }
}

class Cancel extends Command {
  protected choices = (model: Readonly<Model>) => model.pending.filter(isOpen);
  protected act(model: Model, real: Real, request: never): void {
    const { client, id, place } = request as Pending;
    const from = real.clients[client] as EngineClient;
    if (from.kind === 'modern requests') from.cut(place as string);
    else from.send({ method: 'notifications/cancelled', params: { requestId: id } });
    model.pending = model.pending.filter((other) => other !== request);
  }
}

class CancelForeign extends Command {
  protected choices = (model: Readonly<Model>) => clients(model, true);
  protected act(model: Model, real: Real, client: never): void {
    const own = new Set(model.pending.filter((request) => request.client === client).map(({ id }) => id));
    const others = model.pending.filter(({ id }) => !own.has(id));
    for (const { id } of others)
      (real.clients[client] as EngineClient).send({ method: 'notifications/cancelled', params: { requestId: id } });
  }
}

class Cut extends Command {
  protected choices = (model: Readonly<Model>) =>
    model.pending.filter((r) => isOpen(r) && r.place !== undefined && r.place !== 'connection');
  protected act(model: Model, real: Real, request: never): void {
    const pending = request as Pending;
    const client = real.clients[pending.client] as EngineClient;
    pending.cutAfter = client.cut(pending.place as string);
    pending.place = undefined;
    // Only a session stream that has begun can be resumed; in the stateless era a cut cancels the request.
    expect(pending.cutAfter !== undefined).toBe(client.kind === 'session' && pending.streaming);
    if (client.kind === 'modern requests') model.pending = model.pending.filter((other) => other !== pending);
  }
}

class Resume extends Command {
  protected choices = (model: Readonly<Model>) => model.pending.filter(({ cutAfter }) => cutAfter !== undefined);
  protected act(model: Model, real: Real, request: never): void {
    const pending = request as Pending;
    pending.place = (real.clients[pending.client] as EngineClient).resume(pending.cutAfter as string);
    pending.cutAfter = undefined;
    for (const text of pending.kept.splice(0)) receive(real, pending, text);
    if (pending.answered) model.pending = model.pending.filter((other) => other !== pending);
  }
}

class Disconnect extends Command {
  protected choices = (model: Readonly<Model>) => clients(model, true);
  protected act(model: Model, real: Real, client: never): void {
    const from = real.clients[client] as EngineClient;
    from.disconnect();
    if (from.kind === 'modern requests') return;
    model.connected[client] = false;
    // When a session ends, its open responses still get replies; a closed connection gets none.
    const own = model.pending.filter((request) => request.client === client);
    if (from.kind === 'session') for (const request of own.filter(isOpen)) settle(model, real, request, answer(request, 'CALL_CANCELLED'));
    model.pending = model.pending.filter((request) => request.client !== client);
  }
}

class Interrupt extends Command {
  protected choices = (model: Readonly<Model>) => clients(model, true);
  protected act(model: Model, real: Real, client: never): void {
    (real.clients[client] as EngineClient).interrupt();
    for (const request of model.pending.filter((r) => r.client === client && r.place === 'connection'))
      settle(model, real, request, answer(request, 'CALL_CANCELLED'));
  }
}

describe('every request is answered exactly once', () => {
  it('with calls, answers, crashes, cancellations, cuts, resumptions and reconnections in any order', {
    tags: ['F16', 'T6', 'cancel-reaches-tool'],
  }, async () => {
    const pick = fc.nat(20);
    const id = fc.constantFrom(0, 1, '0', '1');
    const commands = [
      ...times(6, () => fc.tuple(pick, id).map(([p, i]) => new CallTool(p, i))),
      ...times(4, () => pick.map((p) => new Progress(p))),
      ...times(3, () => pick.map((p) => new Cut(p))),
      ...times(3, () => pick.map((p) => new Resume(p))),
      ...times(3, () => pick.map((p) => new Answer(p))),
      ...times(2, () => pick.map((p) => new Cancel(p))),
      ...times(2, () => pick.map((p) => new Connect(p))),
      fc.constant(new AnswerLate(0)),
      fc.constant(new Crash(0)),
      pick.map((p) => new CancelForeign(p)),
      pick.map((p) => new Disconnect(p)),
      pick.map((p) => new Interrupt(p)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (steps) => {
        const before = { ...replyTotals };
        const real: Real = { clients: KINDS.map((kind) => new EngineClient(app.engine, kind)), puppet, expected: [] };
        const model: Model = { pending: [], connected: KINDS.map(() => true) };
        for (const client of real.clients) client.connect();
        try {
          await fc.asyncModelRun(() => ({ model, real }), steps);
          for (const [i, client] of real.clients.entries()) {
            const open = model.pending.filter((request) => request.client === i && request.place === 'connection');
            expect(client.pending()).toBe(open.length);
          }
        } finally {
          for (const client of real.clients) client.disconnect();
          for (const token of puppet.held.keys()) puppet.answer(token);
          puppet.held.clear();
          await turn();
        }
        // The gateway's counters: every request was answered or cancelled, and no call is left.
        const { accepted: pending, sent: answered, cancelled } = replyTotals;
        expect(pending - before.accepted).toBe(answered - before.sent + cancelled - before.cancelled);
        expect(app.gateway.active()).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
