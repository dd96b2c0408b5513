import { LazyAbort } from '../../core/abort/lazy-abort.ts';
import { type Bounds, NO_BOUNDS } from '../../core/contract/bounds.ts';
import type { Caller } from '../../core/contract/caller.ts';
import type { ToolResult } from '../../core/contract/content.ts';
import type { Answers, QuestionKind, Questions } from '../../core/contract/question.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import { GatewayError } from '../../core/errors.ts';
import { isLarger } from '../../core/json/decimal.ts';
import { ExactNumber } from '../../core/json/exact-number.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { ProgressBucket, type SendProgress } from '../../core/progress.ts';
import type { TraceContext } from '../../core/trace-context.ts';
import { cleanQuestions } from './clean-questions.ts';
import type { Semaphore } from './semaphore.ts';

/** The connection from a call to its client. */
export interface ClientLink {
  /** Identifies the client; absent if this link does. */
  readonly client?: object | undefined;
  /** The client's name from its clientInfo. */
  readonly clientName?: string | undefined;
  readonly log: Logger;
  readonly session: string;
  /** The `_meta` of the request. */
  readonly meta?: JsonObject | undefined;
  /** Sends progress; absent if the client did not request it. */
  readonly progress?: SendProgress | undefined;
  readonly answerableKinds: readonly QuestionKind[];
  /** The client has no session: its answer may arrive in another request, even after a restart. */
  readonly stateless?: boolean;
  /** The answers of a stateless client to a question that this process does not have open. */
  readonly returned?: { readonly ticket: string; readonly answers: JsonObject } | undefined;
  /** With a `ticket`, the client must be asked even if it sent answers in advance; it returns the ticket with its answers. */
  ask(questions: Questions, call: Call, ticket?: () => string): Promise<Answers>;
  /** How long the client waits for a person in the console, in ms; default: as long as the gateway does. */
  readonly waitMs?: number | undefined;
  /** Calls the listener if the client's connection for the reply is lost, although the request is not cancelled. */
  onGone?(listener: () => void): void;
  detach?(): void;
  /** A call ended, at a time in milliseconds since 1970. */
  ended?(time: number): void;
}

/** A client without questions and progress; log lines go to `log`. */
export function silentClient(log: Logger): ClientLink {
  return {
    log,
    session: 'gateway',
    answerableKinds: [],
    ask: async (questions) => cannotAnswer(Object.values(questions)[0]?.kind ?? 'form'),
  };
}

/** Throws CAPABILITY_MISSING for a question that a client does not support. */
export function cannotAnswer(kind: QuestionKind): never {
  throw new GatewayError('CAPABILITY_MISSING', `The client does not support this question: it declared no capability for ${kind}.`, {
    field: kind,
  });
}

/** The deadline of a running call. */
export interface CallClock {
  readonly limits: { readonly timeoutMs: number; readonly capMs: number };
  /** Extends the deadline after progress. */
  progressed(): void;
  /** Stops the deadline while a question is open. */
  paused(open: boolean): void;
  stop(): void;
}

/** The trace of one call. `context` and `meta` are those for the plugin. */
export interface CallTrace {
  context: TraceContext | undefined;
  meta: JsonObject | undefined;
  /** Runs the tool within a span of its own. */
  plugin(id: string, invoke: () => Promise<ToolResult>): Promise<ToolResult>;
}

let called = 0;

/** One call in flight: the context of its tool, and the means to abort it. */
export class Call extends LazyAbort implements CallContext {
  readonly caller: Caller;
  readonly #client: ClientLink;
  #last: number | ExactNumber | undefined;
  #limited: ProgressBucket | undefined;
  #open = 0;
  #id: string | undefined;
  /** Set by the gateway, from the caller's profile. */
  bounds: Bounds = NO_BOUNDS;
  /** Set while the call is traced. */
  traced: CallTrace | undefined;
  /** Set by the pipeline while the tool runs. */
  clock: CallClock | undefined;
  /** The semaphores that the call has acquired. */
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
    return this.traced === undefined ? this.#client.meta : this.traced.meta;
  }

  get trace(): TraceContext | undefined {
    return this.traced?.context;
  }

  get timeLimits(): CallClock['limits'] | undefined {
    return this.clock?.limits;
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

  get waitMs(): number | undefined {
    return this.#client.waitMs;
  }

  onGone(listener: () => void): void {
    this.#client.onGone?.(listener);
  }

  progress(done: number | ExactNumber, total?: number | ExactNumber, message?: string): void {
    if (this.aborted || !isUsable(done) || (this.#last !== undefined && !isLarger(done, this.#last))) return;
    this.#last = done;
    this.clock?.progressed();
    if (!this.wantsProgress) return;
    this.#limited ??= new ProgressBucket((...report) => this.#client.progress?.(...report));
    this.#limited.report(done, isUsable(total) ? total : undefined, typeof message === 'string' ? message : undefined);
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

  ended(time: number): void {
    this.#client.ended?.(time);
  }

  /** Stops the deadline at the end of a call and sends the last progress before the reply. */
  stopClock(): void {
    this.clock?.stop();
    this.clock = undefined;
    if (this.#limited === undefined) return;
    if (this.reason instanceof GatewayError && this.reason.code === 'CALL_CANCELLED') this.#limited.drop();
    else this.#limited.flush();
  }
}

function isUsable(number: unknown): number is number | ExactNumber {
  return number instanceof ExactNumber ? number.fault === undefined : Number.isFinite(number);
}
