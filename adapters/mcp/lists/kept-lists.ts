import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { GatewayError } from '../../../src/core/errors.ts';
import type { JsonValue } from '../../../src/core/json/json.ts';
import type { Logger } from '../../../src/core/log.ts';
import type { UpstreamSession } from '../connection/session.ts';
import type { ListKind } from './listed.ts';
import { type Listed, readList } from './listing.ts';

/** The lists that a server may have, with the capability that promises each. */
const KINDS = {
  tools: { feature: 'tools', method: 'tools/list' },
  prompts: { feature: 'prompts', method: 'prompts/list' },
  resources: { feature: 'resources', method: 'resources/list' },
  resourceTemplates: { feature: 'resources', method: 'resources/templates/list' },
} as const satisfies Record<ListKind, { readonly feature: string; readonly method: string }>;

/** However often a server says that a list has changed, it is read that often at most. */
const AGAIN_MS = 100;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** One list of a server: its last good content, read anew when it has changed, and again by itself after a failure. */
export class KeptList {
  readonly kind: ListKind;
  readonly #log: Logger;
  readonly #settled: () => void;
  readonly #known: number;
  items: readonly JsonValue[] = [];
  /** Why it is not as the server has it now. */
  fault: GatewayError | undefined;
  /** An answer is waited for. */
  waiting = false;
  /** It has been read to its end, on this connection or an earlier one. */
  whole = false;
  #cut: string | undefined;
  #session: UpstreamSession | undefined;
  #patienceMs = 0;
  #maxMs = 0;
  #stale = false;
  #running = false;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;

  /** `settled` is called after each reading. `known`: how many items the last start knew. */
  constructor(kind: ListKind, log: Logger, settled: () => void, known = 0) {
    this.kind = kind;
    this.#known = known;
    this.#log = log;
    this.#settled = settled;
  }

  get method(): string {
    return KINDS[this.kind].method;
  }

  /** Whether the server has such a list. */
  get promised(): boolean {
    return this.#session?.can(KINDS[this.kind].feature) === true;
  }

  /** Whether it is as the server has it now. */
  get good(): boolean {
    return this.promised && !this.waiting && this.fault === undefined;
  }

  /** Whether the server has such a list, and it has never been read. */
  get unread(): boolean {
    return this.promised && !this.whole;
  }

  /** Reads it over a new connection. A list that is slow gets more time with each try, up to `maxMs`. */
  follow(session: UpstreamSession, maxMs: number): void {
    this.#session = session;
    this.#patienceMs = session.timeoutMs;
    this.#maxMs = Math.max(maxMs, session.timeoutMs);
    this.#retryMs = FIRST_RETRY_MS;
    this.read();
  }

  /** Reads it once more. */
  read(): void {
    clearTimeout(this.#timer);
    if (!this.#session) return;
    this.#stale = true;
    this.waiting = this.promised;
    if (!this.#running) void this.#run();
  }

  /** Its connection has ended; what was listed stays. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#session = undefined;
    this.waiting = false;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#stale && this.#session) {
      this.#stale = false;
      const session = this.#session;
      const read = await (this.promised ? readList(session, this.method, this.kind, this.#patienceMs) : { items: [] });
      // What an older connection still said is of no use.
      if (this.#session !== session) continue;
      this.waiting = false;
      this.#take(read);
      this.#settled();
      await sleep(AGAIN_MS, undefined, { ref: false });
    }
    this.#running = false;
  }

  #take({ items, fault, cut }: Listed): void {
    if (fault === undefined || !this.whole) this.items = fault === undefined || items.length > 0 ? items : this.items;
    if (fault === undefined) {
      if (this.fault) this.#log.info(`${this.method} is answered again.`);
      if (cut !== undefined && cut !== this.#cut) this.#log.warn(this.#cutOff(cut));
      this.whole = true;
      this.#retryMs = FIRST_RETRY_MS;
    } else {
      if (fault.message !== this.fault?.message) this.#log.warn(this.#failed(fault));
      if (fault.code === 'LOAD_TIMEOUT') this.#patienceMs = Math.min(2 * this.#patienceMs, this.#maxMs);
      // Nothing else would tell that it can be read again.
      this.#timer = setTimeout(() => this.read(), this.#retryMs).unref();
      this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
    }
    this.fault = fault?.idle;
    this.#cut = cut;
  }

  /** What is wrong with it. */
  problem(): Problem | undefined {
    const { method: subject, fault } = this;
    if (fault) return { code: fault.code, subject, message: this.#failed(fault), fix: fault.fix };
    if (this.waiting && !this.whole) return { subject, message: `${subject} has not been answered so far; the other lists are served.` };
    return this.#cut === undefined ? undefined : { subject, message: this.#cutOff(this.#cut) };
  }

  #failed({ message }: GatewayError): string {
    const stop = /[.!?]$/.test(message) ? '' : '.';
    return `${this.method} failed: ${message}${stop} It is tried again${this.#kept}.`;
  }

  get #kept(): string {
    if (this.whole) return '; what it listed before stays';
    if (this.#known > 0) return '; what the last start knew of it stays';
    return this.items.length > 0 ? `; the first ${this.items.length} are served` : '';
  }

  #cutOff(cut: string): string {
    return `${this.method} is read no further than ${cut}; ${this.items.length} items of it are served.`;
  }
}
