import { type Bounds, NO_BOUNDS } from '../../core/contract/bounds.ts';
import type { Caller } from '../../core/contract/caller.ts';
import type { Answers, QuestionKind, Questions } from '../../core/contract/question.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import { GatewayError } from '../../core/errors.ts';
import { isLarger } from '../../core/json/decimal.ts';
import { ExactNumber } from '../../core/json/exact-number.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { LazyAbort } from '../../core/lazy-abort.ts';
import type { Logger } from '../../core/log.ts';
import { ProgressBucket, type SendProgress } from '../../core/progress.ts';
import { cleanQuestions } from './clean-questions.ts';
import type { Semaphore } from './semaphore.ts';

/** The client behind a call, as far as it can be reached. */
export interface ClientLink {
  /** Stands for the client; absent where this link is all there is of it. */
  readonly client?: object | undefined;
  /** What it calls itself. */
  readonly clientName?: string | undefined;
  readonly log: Logger;
  readonly session: string;
  /** What it says of the request. */
  readonly meta?: JsonObject | undefined;
  /** Where progress goes; absent where nobody asked for it. */
  readonly progress?: SendProgress | undefined;
  readonly answerableKinds: readonly QuestionKind[];
  /** The client keeps no session: what it is asked travels with it, and may come back after a restart. */
  readonly stateless?: boolean;
  /** What such a client brought back to a gateway that does not remember asking. */
  readonly returned?: { readonly ticket: string; readonly answers: JsonObject } | undefined;
  /** With a `ticket`, the client must be asked anew, and the ticket comes back with its answers. */
  ask(questions: Questions, call: Call, ticket?: () => string): Promise<Answers>;
  detach?(): void;
}

/** A client that hears the log and can be asked nothing. */
export function silentClient(log: Logger): ClientLink {
  return {
    log,
    session: 'gateway',
    answerableKinds: [],
    ask: async (questions) => cannotAnswer(Object.values(questions)[0]?.kind ?? 'form'),
  };
}

/** Refuses a question that a client cannot answer. */
export function cannotAnswer(kind: QuestionKind): never {
  throw new GatewayError('CAPABILITY_MISSING', `The client cannot be asked this: it declared no capability for ${kind}.`, { field: kind });
}

/** What the pipeline does while a call goes on. */
export interface CallClock {
  /** Progress may put the deadline off. */
  progressed(): void;
  /** The deadline stands still while a question is open. */
  paused(open: boolean): void;
  stop(): void;
}

let called = 0;

/** One call in flight: the context its tool sees, and the means to end it. */
export class Call extends LazyAbort implements CallContext {
  readonly caller: Caller;
  readonly #client: ClientLink;
  #last: number | ExactNumber | undefined;
  #thinned: ProgressBucket | undefined;
  #open = 0;
  #id: string | undefined;
  /** Set by the gateway, from the caller's profile. */
  bounds: Bounds = NO_BOUNDS;
  /** Set by the pipeline while the tool runs. */
  clock: CallClock | undefined;
  /** The semaphores it holds. */
  semaphores: readonly Semaphore[] | undefined;

  constructor(caller: Caller, client: ClientLink) {
    super();
    this.caller = caller;
    this.#client = client;
  }

  get id(): string {
    this.#id ??= String(++called);
    return this.#id;
  }

  get client(): object {
    return this.#client.client ?? this.#client;
  }

  get clientName(): string {
    return this.#client.clientName ?? '';
  }

  get log(): Logger {
    return this.#client.log;
  }

  get session(): string {
    return this.#client.session;
  }

  get meta(): JsonObject | undefined {
    return this.#client.meta;
  }

  get wantsProgress(): boolean {
    return this.#client.progress !== undefined;
  }

  get answerableKinds(): readonly QuestionKind[] {
    return this.#client.answerableKinds;
  }

  get stateless(): boolean {
    return this.#client.stateless === true;
  }

  get returned(): ClientLink['returned'] {
    return this.#client.returned;
  }

  progress(done: number | ExactNumber, total?: number | ExactNumber, message?: string): void {
    if (this.aborted || !isUsable(done) || (this.#last !== undefined && !isLarger(done, this.#last))) return;
    this.#last = done;
    this.clock?.progressed();
    if (!this.wantsProgress) return;
    this.#thinned ??= new ProgressBucket((...report) => this.#client.progress?.(...report));
    this.#thinned.report(done, isUsable(total) ? total : undefined, typeof message === 'string' ? message : undefined);
  }

  async ask(questions: Questions, ticket?: () => string): Promise<Answers> {
    if (this.aborted) throw this.reason;
    const semaphores = this.semaphores ?? [];
    for (const semaphore of semaphores) semaphore.asking++;
    if (this.#open++ === 0) this.clock?.paused(true);
    try {
      return await this.#client.ask(cleanQuestions(questions), this, ticket);
    } finally {
      for (const semaphore of semaphores) semaphore.asking--;
      if (--this.#open === 0) this.clock?.paused(false);
    }
  }

  detach(): void {
    this.#client.detach?.();
  }

  /** The tool has answered, or nobody waits for it any more: what it reported last goes out before the reply. */
  stopClock(): void {
    this.clock?.stop();
    this.clock = undefined;
    if (this.#thinned === undefined) return;
    if (this.reason instanceof GatewayError && this.reason.code === 'CALL_CANCELLED') this.#thinned.drop();
    else this.#thinned.flush();
  }
}

function isUsable(number: unknown): number is number | ExactNumber {
  return number instanceof ExactNumber ? number.fault === undefined : Number.isFinite(number);
}
