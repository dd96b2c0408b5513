import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../../src/app.ts';
import { replyTotals } from '../../../src/mcp/pending-replies.ts';
import { tempFolder } from '../../support/temp.ts';
import { type Arrival, EngineClient, type Kind } from './peer-clients.ts';
import { openApp, type Puppet } from './puppet.ts';

// The engine with everything below it, and a plugin whose every answer is held back. The model knows which ids are owed;
// after each command exactly the replies that it foresees have arrived, each where it was owed and with its own token.

const KINDS: readonly Kind[] = ['connection', 'session', 'modern connection', 'session', 'modern requests'];

/** A request as the model sees it. */
interface Owed {
  readonly client: number;
  readonly id: number | string;
  readonly token: string;
  /** Where its reply arrives now; undefined while nobody holds its stream. */
  place: string | undefined;
  /** The event to come back with, while its stream is cut. */
  cutAfter?: string | undefined;
  /** What it was told while nobody held its stream; its reply is the last of it. */
  readonly kept: string[];
  paid: boolean;
  streaming: boolean;
}

interface Model {
  owed: Owed[];
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

/** More of the same, so that it is chosen more often. */
const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Pays a request in the model: its reply must arrive where it is held, or is kept for whoever comes back. */
function pay(model: Model, real: Real, request: Owed, text: string): void {
  request.paid = true;
  if (request.place !== undefined) model.owed = model.owed.filter((other) => other !== request);
  hear(real, request, text);
}

function hear(real: Real, request: Owed, text: string): void {
  if (request.place === undefined) request.kept.push(text);
  else real.expected.push({ client: request.client, place: request.place, text });
}

const answer = ({ id }: Owed, text: string): string => `${JSON.stringify(id)} ${text}`;

const isOpen = (request: Owed): boolean => !request.paid;

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
    const taken = model.owed.some((other) => other.client === client && other.id === this.id && isOpen(other));
    const params = { name: 'hold', arguments: { token }, _meta: { progressToken: 'p' } };
    const place = (real.clients[client] as EngineClient).send({ id: this.id, method: 'tools/call', params });
    // In the stateless era each request stands alone, its id too.
    if (taken && kind !== 'modern requests') real.expected.push({ client, place, text: 'null DUPLICATE_ID' });
    else model.owed.push({ client, id: this.id, token, place, kept: [], paid: false, streaming: false });
  }

  override toString = (): string => `CallTool ${this.pick} ${JSON.stringify(this.id)}`;
}

class Answer extends Command {
  protected choices = (model: Readonly<Model>) => model.owed.filter(isOpen);
  protected act(model: Model, real: Real, request: never): void {
    const { token } = request as Owed;
    // Twice: the second one must be lost on everybody.
    real.puppet.answer(token);
    real.puppet.answer(token);
    pay(model, real, request, answer(request, token));
  }
}

// Calls that nobody waits for any more go on as if somebody did: nothing of that may be heard.
class SpeakLate extends Command {
  protected choices = () => [undefined];
  protected act(model: Model, real: Real): void {
    const owed = new Set(model.owed.filter(isOpen).map(({ token }) => token));
    for (const [token, { ctx }] of real.puppet.held) {
      if (owed.has(token)) continue;
      ctx.progress(++tokens);
      real.puppet.answer(token);
    }
  }
}

class Progress extends Command {
  protected choices = (model: Readonly<Model>) => model.owed.filter(isOpen);
  protected act(_: Model, real: Real, request: never): void {
    const owed = request as Owed;
    const done = ++tokens;
    real.puppet.held.get(owed.token)?.ctx.progress(done);
    owed.streaming ||= owed.place !== undefined;
    hear(real, owed, `progress ${done}`);
  }
}

class Crash extends Command {
  protected choices = (model: Readonly<Model>) => (model.owed.some(isOpen) ? [undefined] : []);
  protected act(model: Model, real: Real): void {
    real.puppet.crash();
    for (const request of model.owed.filter(isOpen)) pay(model, real, request, answer(request, 'PLUGIN_CRASHED'));
  }
}

class Cancel extends Command {
  protected choices = (model: Readonly<Model>) => model.owed.filter(isOpen);
  protected act(model: Model, real: Real, request: never): void {
    const { client, id, place } = request as Owed;
    const from = real.clients[client] as EngineClient;
    if (from.kind === 'modern requests') from.cut(place as string);
    else from.send({ method: 'notifications/cancelled', params: { requestId: id } });
    model.owed = model.owed.filter((other) => other !== request);
  }
}

class CancelForeign extends Command {
  protected choices = (model: Readonly<Model>) => clients(model, true);
  protected act(model: Model, real: Real, client: never): void {
    const own = new Set(model.owed.filter((request) => request.client === client).map(({ id }) => id));
    const others = model.owed.filter(({ id }) => !own.has(id));
    for (const { id } of others)
      (real.clients[client] as EngineClient).send({ method: 'notifications/cancelled', params: { requestId: id } });
  }
}

class Cut extends Command {
  protected choices = (model: Readonly<Model>) => model.owed.filter((r) => isOpen(r) && r.place !== undefined && r.place !== 'connection');
  protected act(model: Model, real: Real, request: never): void {
    const owed = request as Owed;
    const client = real.clients[owed.client] as EngineClient;
    owed.cutAfter = client.cut(owed.place as string);
    owed.place = undefined;
    // What nobody can come back for is owed to nobody; in the stateless era the cut is the cancellation.
    expect(owed.cutAfter !== undefined).toBe(client.kind === 'session' && owed.streaming);
    if (client.kind === 'modern requests') model.owed = model.owed.filter((other) => other !== owed);
  }
}

class Resume extends Command {
  protected choices = (model: Readonly<Model>) => model.owed.filter(({ cutAfter }) => cutAfter !== undefined);
  protected act(model: Model, real: Real, request: never): void {
    const owed = request as Owed;
    owed.place = (real.clients[owed.client] as EngineClient).resume(owed.cutAfter as string);
    owed.cutAfter = undefined;
    for (const text of owed.kept.splice(0)) hear(real, owed, text);
    if (owed.paid) model.owed = model.owed.filter((other) => other !== owed);
  }
}

class Disconnect extends Command {
  protected choices = (model: Readonly<Model>) => clients(model, true);
  protected act(model: Model, real: Real, client: never): void {
    const from = real.clients[client] as EngineClient;
    from.disconnect();
    if (from.kind === 'modern requests') return;
    model.connected[client] = false;
    // The responses of a session that is ended are still there to be answered on; a connection is not.
    const own = model.owed.filter((request) => request.client === client);
    if (from.kind === 'session') for (const request of own.filter(isOpen)) pay(model, real, request, answer(request, 'CALL_CANCELLED'));
    model.owed = model.owed.filter((request) => request.client !== client);
  }
}

class Interrupt extends Command {
  protected choices = (model: Readonly<Model>) => clients(model, true);
  protected act(model: Model, real: Real, client: never): void {
    (real.clients[client] as EngineClient).interrupt();
    for (const request of model.owed.filter((r) => r.client === client && r.place === 'connection'))
      pay(model, real, request, answer(request, 'CALL_CANCELLED'));
  }
}

describe('every owed id is paid exactly once', () => {
  it('through calls, answers, crashes, cancellations, cuts, returns and reconnections in any order', {
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
      fc.constant(new SpeakLate(0)),
      fc.constant(new Crash(0)),
      pick.map((p) => new CancelForeign(p)),
      pick.map((p) => new Disconnect(p)),
      pick.map((p) => new Interrupt(p)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (steps) => {
        const before = { ...replyTotals };
        const real: Real = { clients: KINDS.map((kind) => new EngineClient(app.engine, kind)), puppet, expected: [] };
        const model: Model = { owed: [], connected: KINDS.map(() => true) };
        for (const client of real.clients) client.connect();
        try {
          await fc.asyncModelRun(() => ({ model, real }), steps);
          for (const [i, client] of real.clients.entries()) {
            const open = model.owed.filter((request) => request.client === i && request.place === 'connection');
            expect(client.owed()).toBe(open.length);
          }
        } finally {
          for (const client of real.clients) client.disconnect();
          for (const token of puppet.held.keys()) puppet.answer(token);
          puppet.held.clear();
          await turn();
        }
        // The gateway's own books: everything owed has been paid or cancelled, and no call is left.
        const { accepted: owed, sent: paid, cancelled } = replyTotals;
        expect(owed - before.accepted).toBe(paid - before.sent + cancelled - before.cancelled);
        expect(app.gateway.active()).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
