import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { GatewayError } from '../../../src/core/errors.ts';
import type { JsonValue } from '../../../src/core/json/json.ts';
import type { Logger } from '../../../src/core/log.ts';
import type { UpstreamSession } from '../connection/session.ts';
import type { ListKind } from './listed.ts';
import { type Listed, readList } from './listing.ts';

/** The lists of a server, each with its method and the capability that announces it. */
const KINDS = {
  tools: { feature: 'tools', method: 'tools/list' },
  prompts: { feature: 'prompts', method: 'prompts/list' },
  resources: { feature: 'resources', method: 'resources/list' },
  resourceTemplates: { feature: 'resources', method: 'resources/templates/list' },
  skills: { extension: 'io.modelcontextprotocol/skills', method: 'skills/list' },
} as const satisfies Record<ListKind, { readonly method: string } & ({ readonly feature: string } | { readonly extension: string })>;

/** Minimum interval between reads of a list that keeps changing. */
const AGAIN_MS = 100;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** One list of a server. Keeps the last good content, and is read again after changes and failures. */
export class KeptList {
  readonly kind: ListKind;
  readonly #log: Logger;
  readonly #settled: () => void;
  readonly #known: number;
  items: readonly JsonValue[] = [];
  /** Why the content may be outdated. */
  fault: GatewayError | undefined;
  /** A read is in progress. */
  waiting = false;
  /** It has been read completely, on this connection or an earlier one. */
  whole = false;
  #cut: string | undefined;
  #session: UpstreamSession | undefined;
  #patienceMs = 0;
  #maxMs = 0;
  #stale = false;
  #running = false;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;

  /** `settled` is called after each read. `known`: number of items stored at the last start. */
  constructor(kind: ListKind, log: Logger, settled: () => void, known = 0) {
    this.kind = kind;
    this.#known = known;
    this.#log = log;
    this.#settled = settled;
  }

  get method(): string {
    return KINDS[this.kind].method;
  }

  /** Whether the server announces this list. */
  get promised(): boolean {
    const kind = KINDS[this.kind];
    return ('feature' in kind ? this.#session?.can(kind.feature) : this.#session?.extends(kind.extension)) === true;
  }

  /** Whether the content is current. */
  get good(): boolean {
    return this.promised && !this.waiting && this.fault === undefined;
  }

  /** Whether the server announces this list, but it has never been read. */
  get unread(): boolean {
    return this.promised && !this.whole;
  }

  /** Reads the list over a new connection. Each timeout doubles the time for the next attempt, up to `maxMs`. */
  follow(session: UpstreamSession, maxMs: number): void {
    this.#session = session;
    this.#patienceMs = session.timeoutMs;
    this.#maxMs = Math.max(maxMs, session.timeoutMs);
    this.#retryMs = FIRST_RETRY_MS;
    this.read();
  }

  /** Reads the list again. */
  read(): void {
    clearTimeout(this.#timer);
    if (!this.#session) return;
    this.#stale = true;
    this.waiting = this.promised;
    if (!this.#running) void this.#run();
  }

  /** Called when the connection ends. The content stays. */
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
      // Discard results of an older connection.
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
      if (this.fault) this.#log.info(`${this.method} works again.`);
      if (cut !== undefined && cut !== this.#cut) this.#log.warn(this.#cutOff(cut));
      this.whole = true;
      this.#retryMs = FIRST_RETRY_MS;
    } else {
      if (fault.message !== this.fault?.message) this.#log.warn(this.#failed(fault));
      if (fault.code === 'LOAD_TIMEOUT') this.#patienceMs = Math.min(2 * this.#patienceMs, this.#maxMs);
      // The server does not announce that the list works again, so it is retried.
      this.#timer = setTimeout(() => this.read(), this.#retryMs).unref();
      this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
    }
    this.fault = fault?.idle;
    this.#cut = cut;
  }

  /** The list's fault, for `doctor`. */
  problem(): Problem | undefined {
    const { method: subject, fault } = this;
    if (fault) return { code: fault.code, subject, message: this.#failed(fault), fix: fault.fix };
    if (this.waiting && !this.whole) return { subject, message: `${subject} has not been answered yet; the other lists are served.` };
    return this.#cut === undefined ? undefined : { subject, message: this.#cutOff(this.#cut) };
  }

  #failed({ message }: GatewayError): string {
    const stop = /[.!?]$/.test(message) ? '' : '.';
    return `${this.method} failed: ${message}${stop} It is retried${this.#kept}.`;
  }

  get #kept(): string {
    if (this.whole) return '; the last list stays active';
    if (this.#known > 0) return '; the list stored at the last start stays active';
    return this.items.length > 0 ? `; the first ${this.items.length} are served` : '';
  }

  #cutOff(cut: string): string {
    return `${this.method} exceeds the limit of ${cut}; the first ${this.items.length} items are served.`;
  }
}
