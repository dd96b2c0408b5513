import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../src/core/contract/host.ts';
import type { Manifest, Offer, Plugin, PluginState } from '../../src/core/contract/plugin.ts';
import type { CallContext } from '../../src/core/contract/tool.ts';
import { GatewayError, toError } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/log.ts';
import { createBackoff } from '../../src/host/group/backoff.ts';
import { leaving } from '../../src/host/group/stopped.ts';
import { createAdvice } from './advice.ts';
import { type Calls, createCalls } from './calls.ts';
import { connect, type LastStrategy } from './connection/connect.ts';
import { stillStarting } from './connection/failures.ts';
import type { UpstreamSession } from './connection/session.ts';
import { type Checks, createChecks } from './dropped.ts';
import type { ServerEntry } from './entry.ts';
import { createServerLists, type ServerLists } from './lists/server-lists.ts';
import { isPersonal, recordOf } from './oauth/auth.ts';
import { loginChanged } from './oauth/changed.ts';
import type { LoginRecord } from './oauth/stored.ts';
import { refuseRound, toOffer } from './offer.ts';
import { createUpstreamSubscriptions, type UpstreamSubscriptions } from './server-requests/subscriptions.ts';

/** Constructor arguments of `Upstream`. */
export interface UpstreamParts {
  readonly manifest: Manifest;
  readonly entry: ServerEntry;
  readonly host: Host;
  /** The offer stored at the last start. */
  readonly known: Offer | undefined;
  readonly timeoutMs: number;
}

/** One server of `mcpServers`. Connects on first use, reconnects with backoff and keeps its last offer meanwhile. */
export class Upstream implements Plugin {
  readonly manifest: Manifest;
  readonly #parts: UpstreamParts;
  readonly #log: Logger;
  readonly #backoff;
  readonly #memory: LastStrategy = {};
  readonly #calls: Calls;
  readonly #checks: Checks;
  readonly #subscriptions: UpstreamSubscriptions;
  readonly #end = new AbortController();
  readonly #changed: (() => void)[] = [];
  readonly #updated: ((uri: string) => void)[] = [];
  #state: PluginState = 'opening';
  #error: GatewayError | undefined;
  #offer: Offer | undefined;
  // At least one list has been read from the server itself, not from the stored offer.
  #hasListed = false;
  readonly #lists: ServerLists;
  #session: UpstreamSession | undefined;
  #first: Promise<void> | undefined;
  #run: Promise<void> | undefined;
  #nextTry = 0;
  /** Whether `#readAfterLogin` is already waiting for the next login. */
  #awaitsLogin = false;

  constructor(parts: UpstreamParts) {
    this.manifest = parts.manifest;
    this.#parts = parts;
    this.#log = parts.host.log.area(`plugin:${parts.manifest.id}`);
    this.#backoff = createBackoff(parts.host.limits);
    this.#checks = createChecks(this.#log);
    this.#subscriptions = createUpstreamSubscriptions(this.#log);
    this.#lists = createServerLists(
      this.#log,
      this.#checks.guard.callback(() => this.#relisted()),
      parts.known,
    );
    this.#calls = createCalls((ctx) => this.#usable ?? this.#connected(ctx), createAdvice(this.#log));
  }

  offer = (): Offer | undefined => this.#offer;
  state = (): PluginState => this.#state;
  error = (): GatewayError | undefined => this.#error;
  onChange = (listener: () => void): void => void this.#changed.push(listener);
  onUpdated = (listener: (uri: string) => void): void => void this.#updated.push(listener);

  setSubscriptions(uris: ReadonlySet<string>): void {
    this.#subscriptions.set(uris);
  }

  /** Resolves after the first attempt, failed or not, or after `timeoutMs`. Attempts continue in the background. */
  start(): Promise<void> {
    this.#first ??= new Promise((resolve) => {
      const slow = setTimeout(() => {
        if (this.#state === 'opening' && !this.#error) this.#move('opening', stillStarting(this.#parts.timeoutMs, this.#capMs));
        resolve();
      }, this.#parts.timeoutMs);
      this.#run = this.#keepConnected(() => {
        clearTimeout(slow);
        resolve();
      });
    });
    return this.#first;
  }

  get #capMs(): number {
    return Math.max(this.#parts.host.limits.startCapMs, this.#parts.timeoutMs);
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#move('closed');
    if (session) await this.#drain(session);
    this.#end.abort(new GatewayError('PLUGIN_UNAVAILABLE', 'The server is being closed.'));
    await session?.close(leaving(this.#parts.host.stopping));
    await this.#run;
    this.#checks.dropped.close();
  }

  // Waits for calls in flight, up to `limits.drainMs`. The closed state rejects new ones.
  async #drain(session: UpstreamSession): Promise<void> {
    const until = performance.now() + this.#parts.host.limits.drainMs;
    let gone = false;
    void session.exited.then(() => {
      gone = true;
    });
    while (session.inFlight > 0 && !gone && performance.now() < until) await sleep(20);
  }

  get #closed(): boolean {
    return this.#state === 'closed';
  }

  async #keepConnected(tried: () => void): Promise<void> {
    while (!this.#closed) {
      const failure = await this.#attempt();
      tried();
      if (this.#closed) return;
      if (failure && this.#isFinal(failure)) {
        if (!(await this.#loggedIn(failure))) return;
      } else if (failure) await this.#pause(failure);
      else await this.#serve();
    }
  }

  // Connects and reads the lists. Returns the error if either fails.
  async #attempt(): Promise<GatewayError | undefined> {
    const { entry, host, timeoutMs } = this.#parts;
    try {
      const session = await connect(
        entry,
        { id: this.manifest.id, host, log: this.#log, timeoutMs, capMs: this.#capMs, signal: this.#end.signal, checks: this.#checks },
        this.#memory,
      );
      this.#session = session;
      session.notifications.changed = (kinds) => this.#lists.read(kinds);
      session.lost = () => this.#lists.readSoon();
      session.refused = () => void this.#readAfterLogin();
      session.notifications.updated = (uri) => {
        for (const listener of this.#updated) listener(uri);
      };
      try {
        await this.#list(session);
      } catch (error) {
        this.#lists.leave();
        this.#session = undefined;
        await session.close();
        throw error;
      }
      this.#subscriptions.follow(session);
      return undefined;
    } catch (thrown) {
      const error = toError(thrown);
      return error instanceof GatewayError
        ? error
        : new GatewayError('HANDSHAKE_FAILED', `The server cannot be used: ${error.message}.`, { cause: error });
    }
  }

  // Returns when the connection is lost.
  async #serve(): Promise<void> {
    const session = this.#session as UpstreamSession;
    const calm = setTimeout(() => this.#backoff.healthy(performance.now()), this.#parts.host.limits.circuitWindowMs).unref();
    const hopeless = setTimeout(() => this.#giveUp(session), this.#capMs).unref();
    const why = await session.exited;
    clearTimeout(calm);
    clearTimeout(hopeless);
    this.#lists.leave();
    this.#session = undefined;
    await session.close();
    if (!this.#closed) await this.#pause(new GatewayError('PLUGIN_CRASHED', `The connection was lost: ${why}.`));
  }

  // Drops a server that completed the handshake but has answered none of its lists, so that it is restarted.
  #giveUp(session: UpstreamSession): void {
    if (!this.#hasListed && this.#lists.failure()?.code === 'LOAD_TIMEOUT') session.drop('none of its lists was answered');
  }

  async #pause(error: GatewayError): Promise<void> {
    const delay = this.#backoff.failed(performance.now());
    this.#nextTry = performance.now() + delay;
    this.#log.warn(`${error.message} Next try in ${(delay / 1000).toFixed(1)} s.`);
    this.#move(this.#offer ? 'restarting' : 'failed', error);
    await sleep(delay, undefined, { signal: this.#end.signal }).catch(() => undefined);
  }

  get #login(): LoginRecord | undefined {
    const { entry, host } = this.#parts;
    return entry.server.kind === 'stdio' ? undefined : recordOf(this.manifest.id, entry.server, host);
  }

  async #loggedIn({ code }: GatewayError): Promise<boolean> {
    const record = code === 'NEEDS_CONFIGURATION' ? this.#login : undefined;
    return record !== undefined && loginChanged(record.text, this.#end.signal);
  }

  // A new login may see other lists. Renewals do not count, because each rejection may cause one.
  async #readAfterLogin(): Promise<void> {
    const record = this.#login;
    if (this.#awaitsLogin || !record) return;
    this.#awaitsLogin = true;
    if (await loginChanged(record.which, this.#end.signal)) this.#lists.read();
    this.#awaitsLogin = false;
  }

  // Errors that only a configuration change can fix are not retried.
  #isFinal(error: GatewayError): boolean {
    if (error.code !== 'CONFIG_INVALID' && error.code !== 'NEEDS_CONFIGURATION') return false;
    this.#log.error(`${error.message} ${error.fix}`);
    this.#move('failed', error);
    return true;
  }

  async #list(session: UpstreamSession): Promise<void> {
    await this.#lists.follow(session, this.#capMs);
    const failure = this.#lists.failure();
    if (failure?.code === 'NEEDS_CONFIGURATION') throw failure;
    this.#publish(session);
  }

  // If all lists fail, the connection stays open: each list is retried separately.
  #publish(session: UpstreamSession): void {
    const failure = this.#lists.failure();
    const personal = isPersonal(this.#parts.entry.server, this.#login);
    const lists = this.#lists.current(!personal);
    if (failure && this.#offer === undefined && (!lists.known || session.over))
      return this.#move(failure.code === 'LOAD_TIMEOUT' ? 'opening' : 'failed', failure);
    this.#hasListed ||= failure === undefined;
    refuseRound(lists);
    this.#offer = toOffer(lists, this.#parts.entry, session, this.#calls, personal, this.manifest.id);
    this.#nextTry = 0;
    this.#move('ready');
  }

  #relisted(): void {
    const session = this.#session;
    if (!session) return;
    try {
      this.#publish(session);
    } catch (thrown) {
      const error = toError(thrown);
      this.#log.warn(`the new lists cannot be used: ${error.message}`);
      if (error instanceof GatewayError && this.#isFinal(error)) this.#end.abort();
    }
  }

  // Waits up to `limits.queueMs`, like a call in the queue.
  async #connected(ctx?: CallContext): Promise<UpstreamSession> {
    const { limits, stopping } = this.#parts.host;
    const until = performance.now() + limits.queueMs;
    void this.start();
    for (let session = this.#usable; ; session = this.#usable) {
      if (session) return session;
      if (ctx && stopping.reason) throw stopping.reason;
      if (this.#closed || ctx?.aborted || this.#backoff.open || this.#state === 'failed' || performance.now() >= until)
        throw this.#unavailable();
      await sleep(10);
    }
  }

  // A lost session stays set until its end has been handled; calls must not be sent over it.
  get #usable(): UpstreamSession | undefined {
    return this.#session?.over === false ? this.#session : undefined;
  }

  #unavailable(): GatewayError {
    if (this.#error?.code === 'NEEDS_CONFIGURATION') return this.#error;
    const retryAfterMs = Math.max(0, Math.round(this.#nextTry - performance.now()));
    const when = retryAfterMs > 0 ? ` Next try in ${(retryAfterMs / 1000).toFixed(1)} s.` : '';
    const why = this.#error?.message ?? (this.#closed ? 'it is closed.' : 'it is still connecting.');
    return new GatewayError('PLUGIN_UNAVAILABLE', `Server "${this.manifest.id}" is unavailable: ${why}${when}`, {
      plugin: this.manifest.id,
      ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
    });
  }

  #move(state: PluginState, error?: GatewayError): void {
    if (this.#closed) return;
    this.#state = state;
    this.#error = error?.idle;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#changed) this.#checks.guard.callback(listener)();
  }
}
