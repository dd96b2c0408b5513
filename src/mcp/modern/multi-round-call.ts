import type { Answers, QuestionKind, Questions } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { Call, type ClientLink } from '../../gateway/call/call.ts';
import type { Semaphore } from '../../gateway/call/semaphore.ts';
import type { View } from '../../gateway/view/view.ts';
import { answerFault, refuseUnable, toClientRequest } from '../methods/questions.ts';
import type { Handler, Reply, Request, RequestLink } from '../request.ts';
import { type Era, MODERN_META } from '../wire/era.ts';

interface Deferred<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

interface OpenQuestion extends Deferred<Answers> {
  readonly questions: Questions;
  readonly ticket: (() => string) | undefined;
}

/** Suspends a call until its next round; returns the state by which the client resumes it. */
export type Suspend = (call: MultiRoundCall, ticket: string | undefined) => string;

/**
 * A modern-era call that spans several requests (multi round-trip). It keeps running while the client collects input;
 * each request of the client is one round. Plugins see an ordinary call.
 */
export class MultiRoundCall implements Request, ClientLink {
  readonly stateless = true;
  readonly client: object | undefined;
  readonly returned: ClientLink['returned'];
  readonly #suspend: Suspend;
  readonly #call: Call;
  #current: RequestLink;
  #round: Deferred<Reply> | undefined;
  #open: OpenQuestion | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #outcome: (() => Reply) | undefined;
  /** Answers in the first request, from a client that anticipates the question. They are used for the first question only. */
  #offered: JsonObject | undefined;

  /** `returned`: answers to a question of an earlier call, with its ticket. */
  constructor(first: RequestLink, suspend: Suspend, returned?: ClientLink['returned']) {
    this.client = first.client;
    this.#current = first;
    this.#suspend = suspend;
    this.returned = returned;
    this.#call = new Call(first.caller, this);
    first.bind(this.#call);
  }

  get params(): JsonObject {
    return this.#current.params;
  }

  get era(): Era {
    return this.#current.era;
  }

  get caller(): Request['caller'] {
    return this.#current.caller;
  }

  get audit(): string {
    return this.#current.audit;
  }

  get id(): string {
    return this.#current.id;
  }

  get hasStatus(): boolean {
    return this.#current.hasStatus;
  }

  get clientName(): string | undefined {
    return this.#current.clientName;
  }

  get session(): string {
    return this.#current.session;
  }

  get clientSemaphore(): Semaphore | undefined {
    return this.#current.clientSemaphore;
  }

  get meta(): JsonObject | undefined {
    return this.#current.meta;
  }

  get log(): Logger {
    return this.#current.log;
  }

  get progress(): ClientLink['progress'] {
    return this.#current.progress;
  }

  get answerableKinds(): readonly QuestionKind[] {
    return this.#current.answerableKinds;
  }

  get waitMs(): number | undefined {
    return this.#current.waitMs;
  }

  onGone(listener: () => void): void {
    this.#current.onGone?.(listener);
  }

  view(): View {
    return this.#current.view();
  }

  call(): Call {
    return this.#call;
  }

  ended(time: number): void {
    this.#current.ended?.(time);
  }

  met(listed: boolean): void {
    this.#current.met(listed);
  }

  note(method: string, params: string): void {
    this.#current.note(method, params);
  }

  keepOpen(end: () => void): void {
    this.#current.keepOpen(end);
  }

  /** First round: runs the method. Settles with its reply, or with the first question. */
  start(handler: Handler, offered: JsonObject): Promise<Reply> {
    const round = this.#begin();
    this.#offered = offered;
    Promise.resolve(handler(this)).then(
      (reply) => this.#finish(() => reply),
      (error) => this.#finish(() => raise(error)),
    );
    return round;
  }

  /** A further round: accepts the answers, or asks again if they are missing or invalid. */
  resume(request: RequestLink, responses: JsonObject): Promise<Reply> {
    this.#current = request;
    request.bind(this.#call);
    const round = this.#begin();
    const open = this.#open;
    if (this.#outcome) this.#finish(this.#outcome);
    else if (!open) this.#finish(() => raise(new GatewayError('INVALID_PARAMS', 'The call has no open question.')));
    else {
      const answers = answersTo(open.questions, responses);
      if (answers) {
        this.#open = undefined;
        open.resolve(answers);
      } else this.#pose(open);
    }
    return round;
  }

  /** Ends the call, because the client did not continue it in time. */
  abandon(reason: GatewayError): void {
    this.#open?.reject(reason);
    this.#open = undefined;
    this.#call.abort(reason);
  }

  async ask(questions: Questions, _call: Call, ticket?: () => string): Promise<Answers> {
    // One set of questions at a time; the next one waits until the first is answered.
    const turn = this.#turn;
    const answers = turn.then(
      () =>
        new Promise<Answers>((resolve, reject) => {
          refuseUnable(questions, this.answerableKinds);
          // An approval is valid only for the question that was asked, so answers sent in advance do not count.
          const offered = ticket === undefined ? answersTo(questions, this.#offered ?? {}) : undefined;
          this.#offered = undefined;
          if (offered) resolve(offered);
          else this.#pose({ questions, ticket, resolve, reject });
        }),
    );
    this.#turn = answers.catch(() => undefined);
    return answers;
  }

  #pose(open: OpenQuestion): void {
    this.#open = open;
    const inputRequests = Object.fromEntries(
      Object.entries(open.questions).map(([key, question]) => [key, toClientRequest(question, this.era.revision, key)]),
    );
    const requestState = this.#suspend(this, open.ticket?.());
    this.#settle((round) => round.resolve(toJsonText({ resultType: 'input_required', inputRequests, requestState, _meta: MODERN_META })));
  }

  #begin(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#round = { resolve, reject };
    });
  }

  // The outcome of a call that ends between two rounds is returned in the next one.
  #finish(outcome: () => Reply): void {
    this.#outcome = outcome;
    this.#settle((round) => {
      try {
        round.resolve(outcome());
      } catch (error) {
        round.reject(error);
      }
    });
  }

  #settle(end: (round: Deferred<Reply>) => void): void {
    const round = this.#round;
    this.#round = undefined;
    if (round) end(round);
  }
}

function raise(error: unknown): never {
  throw error;
}

// Only the answers to the questions; undefined if one is missing or invalid.
function answersTo(questions: Questions, responses: JsonObject): Answers | undefined {
  const entries = Object.entries(questions);
  if (entries.some(([key, question]) => answerFault(question, own(responses, key)) !== undefined)) return undefined;
  return Object.fromEntries(entries.map(([key]): [string, JsonObject] => [key, responses[key] as JsonObject]));
}

function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
