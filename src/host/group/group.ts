import { setTimeout as sleep } from 'node:timers/promises';
import { createStopping, type Stopping } from '../../core/abort/stopping.ts';
import type { HostLimits } from '../../core/contract/host.ts';
import type { Member, MemberSpec } from '../../core/contract/member.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import { GatewayError, toError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { createBackoff } from './backoff.ts';
import { crashedTooOften, type Generation, isServed, judge, retire, servesSome } from './generation.ts';
import { GroupMember, type MemberGroup, withMember } from './group-member.ts';
import { awaitHandshake, handshakeFailed } from './handshake.ts';
import { type Culprit, loadMembers } from './loading.ts';
import { createPause } from './pause.ts';
import { leaving } from './stopped.ts';
import { createTries } from './tries.ts';
import { unavailable } from './unavailable.ts';
import type { PluginWorker, StartWorker, WorkerEvents } from './worker.ts';
import { eventsFor } from './worker-events.ts';

/**
 * Plugins that share one worker. Starts on first use and restarts with backoff when the worker dies. A membership change
 * starts a new worker next to the old one, switches, and drains the old one.
 */
export class Group implements MemberGroup {
  readonly #limits: HostLimits;
  readonly #open: StartWorker;
  readonly #stopping: Stopping;
  readonly #log: Logger;
  readonly #backoff;
  readonly #pause = createPause();
  readonly #end = new AbortController();
  readonly #ending = new Set<Promise<void>>();
  #members: GroupMember[] = [];
  #current: Generation | undefined;
  #opening: PluginWorker | undefined;
  #launching: Promise<void> | undefined;
  #changed = false;
  #wanted = false;
  #closed = false;
  #nextTry = 0;
  #health: NodeJS.Timeout | undefined;
  #fresh: NodeJS.Timeout | undefined;

  constructor(limits: HostLimits, log: Logger, open: StartWorker, stopping = createStopping()) {
    this.#stopping = stopping;
    this.#limits = limits;
    this.#log = log;
    this.#open = open;
    this.#backoff = createBackoff(limits);
  }

  get empty(): boolean {
    return this.#members.length === 0;
  }

  join(spec: MemberSpec): Member {
    const member = new GroupMember(spec, this, this.#limits);
    this.#members = withMember(this.#members, member);
    this.#refresh();
    return member;
  }

  async leave(member: GroupMember): Promise<void> {
    member.close();
    if (!this.#members.includes(member)) return;
    this.#members = this.#members.filter((s) => s !== member);
    if (this.empty) await this.close();
    else this.#refresh();
  }

  // Several membership changes in one turn of the event loop cause one new worker.
  #refresh(): void {
    this.#changed = true;
    if (!this.#wanted || this.#launching) return;
    setImmediate(() => void this.start());
  }

  start(): Promise<void> {
    this.#wanted = true;
    // A member that joined during a launch gets another launch afterwards.
    if (this.#launching) return this.#changed ? this.#launching.then(() => this.start()) : this.#launching;
    if (this.#closed || (this.#current && !this.#changed)) return Promise.resolve();
    return this.#begin(this.#launch());
  }

  #begin(launch: Promise<void>): Promise<void> {
    this.#launching = launch.finally(() => {
      this.#launching = undefined;
      if (this.#changed && !this.#closed) void this.start();
    });
    return this.#launching;
  }

  serving(member: GroupMember): PluginWorker | undefined {
    const generation = this.#current;
    if (!generation || !isServed(member, generation)) return undefined;
    return generation.worker.unavailableReason() === undefined ? generation.worker : undefined;
  }

  async worker(asked: GroupMember, ctx?: CallContext): Promise<PluginWorker> {
    const deadline = performance.now() + this.#limits.queueMs;
    for (;;) {
      // If a plugin is replaced while a call waits for it, its newer version gets the call.
      const member = this.#members.find((s) => s.spec.id === asked.spec.id) ?? asked;
      if (ctx?.aborted) throw this.#unavailable(member, 'the call ended before it was sent');
      if (ctx && this.#stopping.reason && !this.serving(member)) throw this.#stopping.reason;
      const generation = this.#current;
      if (generation && isServed(member, generation)) {
        const busy = generation.worker.unavailableReason();
        if (busy === undefined) return generation.worker;
        if (performance.now() >= deadline) throw this.#unavailable(member, busy);
        await sleep(50);
      } else if (member.state() === 'failed' || member.state() === 'closed' || member.excluded || this.#backoff.open || this.#closed) {
        throw this.#unavailable(member, member.error()?.message ?? 'it is closed');
      } else if (this.#nextTry > 0 && performance.now() >= deadline) {
        throw this.#unavailable(member, 'it is being restarted');
      } else {
        const settled = member.state() === 'ready' ? [] : [member.settled()];
        await Promise.race([this.start(), sleep(200, undefined, { ref: false }), ...settled]);
        // Let other work run before the next check.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** When a plugin starts again, on the monotonic clock; 0 if it need not. */
  nextTryOf = (id: string): number => this.#members.find(({ spec }) => spec.id === id)?.nextTry || this.#nextTry;

  #unavailable = ({ spec, nextTry }: GroupMember, why: string): GatewayError => unavailable(spec.id, why, nextTry || this.#nextTry);

  async #launch(): Promise<void> {
    let oneByOne = false;
    let tries = createTries(this.#limits.startTimeoutMs);
    while (!this.#closed) {
      this.#changed = false;
      const members = this.#members.filter((member) => !member.excluded);
      if (members.length === 0) return;
      for (const member of members)
        if (!this.#current?.members.has(member)) member.move(member.state() === 'restarting' ? 'restarting' : 'opening');
      const worker = await this.#openFor(members);
      if (!worker) return;
      if (this.#closed) return worker.stop();
      this.#opening = worker;
      const failure = await awaitHandshake(worker, tries.begin());
      if (failure !== undefined) {
        await worker.stop();
        if (failure instanceof GatewayError) return this.#giveUp(failure, members);
        await this.#unstarted(worker, failure, members, tries.wasLast());
        continue;
      }
      tries = createTries(this.#limits.startTimeoutMs);
      const generation: Generation = { worker, members: new Set(members), whole: false, lostInCall: false };
      const culprits = await loadMembers(worker, members, {
        stageMs: this.#limits.startTimeoutMs,
        sideBySide: !oneByOne,
        // An older worker serves until all members of the new one are ready.
        begun: () => this.#current ?? this.#switch(generation),
      });
      if (this.#closed) return worker.stop();
      this.#opening = undefined;
      if (culprits.length > 0) {
        oneByOne = this.#blame(culprits, generation);
        // A worker with one hung member serves the others until the next worker is ready.
        if (this.#current === generation && servesSome(generation)) continue;
        if (this.#current === generation) this.#current = undefined;
        await worker.stop();
        continue;
      }
      generation.whole = true;
      for (const member of members) if (member.failedAgain) this.#suspend(member);
      if (this.#current !== generation) this.#switch(generation);
      return;
    }
  }

  // A start that fails here lacks something on this machine, so there is no retry.
  async #openFor(members: readonly GroupMember[]): Promise<PluginWorker | undefined> {
    try {
      return await this.#open(
        members.map((member) => member.spec),
        this.#events(members),
        this.#end.signal,
      );
    } catch (error) {
      const failure = error instanceof GatewayError ? error : new GatewayError('PLUGIN_FAILED', toError(error).message, { cause: error });
      this.#giveUp(failure, members);
      return undefined;
    }
  }

  // Excludes the members that prevented the start; true if the cause is unclear and the next start must be one by one.
  #blame(culprits: readonly Culprit[], generation: Generation): boolean {
    const { guilty, isUnclear } = judge(culprits, generation);
    for (const { member, error } of guilty) {
      if (generation.members.size > 1) this.#log.warn(`Restarting without plugin "${member.spec.id}": ${error.message}`);
      this.#exclude(member, error);
    }
    if (isUnclear) this.#log.warn('Restarting with one plugin at a time to find the one that ends the process.');
    return isUnclear;
  }

  // A member that has served before is excluded only temporarily if the error is transient.
  #exclude(member: GroupMember, error: GatewayError): void {
    member.failed(error);
    if (member.failedAgain) this.#suspend(member);
    else member.exclude(error);
  }

  #suspend(member: GroupMember): void {
    member.suspend(this.#backoff.spread(this.#limits.restartMaxMs), () => this.#refresh());
  }

  #giveUp(failure: GatewayError, members: readonly GroupMember[]): void {
    for (const member of members) member.exclude(failure);
  }

  // Only members that have served before are retried without limit; others need a fix by the operator.
  async #unstarted(worker: PluginWorker, failure: string, members: readonly GroupMember[], isLast: boolean): Promise<void> {
    const error = handshakeFailed(worker, failure);
    const out = isLast ? members.filter((member) => !member.served) : [];
    this.#giveUp(error, out);
    if (out.length === members.length) return this.#log.error(error.message);
    const delay = this.#backoff.failed(performance.now());
    this.#nextTry = performance.now() + delay;
    this.#log.error(`${error.message} Next try in ${(delay / 1000).toFixed(1)} s.`);
    for (const member of members) if (!out.includes(member)) member.move('restarting', error);
    await this.#wait(delay);
  }

  #wait = (ms: number): Promise<void> => (this.#closed ? Promise.resolve() : this.#pause.for(ms));

  #switch(generation: Generation): void {
    const old = this.#current;
    this.#current = generation;
    this.#nextTry = 0;
    if (old) this.#retire(old.worker);
    void generation.worker.exited.then((why) => this.#lost(generation, why));
    // One timer, for the newest worker: a timer per worker would keep replaced workers in memory.
    clearTimeout(this.#health);
    this.#health = setTimeout(() => this.#backoff.healthy(performance.now()), this.#limits.circuitWindowMs).unref();
  }

  // The old worker gets no new calls; calls in flight may finish.
  #retire(worker: PluginWorker): void {
    const ending = retire(worker, this.#limits.drainMs).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #lost(generation: Generation, why: string): Promise<void> {
    if (this.#current !== generation || this.#closed) return;
    this.#current = undefined;
    clearTimeout(this.#health);
    const { worker, members } = generation;
    generation.lostInCall = worker.inFlight().length > 0;
    const now = performance.now();
    const error = new GatewayError('PLUGIN_CRASHED', `The plugin process ended: ${why}.`).idle;
    for (const member of members) if (member.state() !== 'closed' && member.state() !== 'failed') member.move('restarting', error);
    // A worker killed because of a timed-out call does not count as a crash.
    const delay = worker.overdue?.() ? this.#backoff.spread(this.#limits.restartMinMs) : this.#crashed(worker, members, now);
    this.#nextTry = now + delay;
    this.#log.error(`The plugin process ended: ${why}. Restarting in ${(delay / 1000).toFixed(1)} s.`);
    if (!this.#launching) void this.#begin(this.#wait(delay).then(() => this.#launch()));
  }

  // Members that crashed the worker too often are excluded temporarily, so the others restart at once.
  #crashed(worker: PluginWorker, members: ReadonlySet<GroupMember>, now: number): number {
    const out = crashedTooOften(worker, members, now);
    const delay = this.#backoff.failed(now);
    if (out.length === 0) return delay;
    for (const member of out) this.#suspend(member);
    this.#backoff.reset();
    return this.#backoff.spread(this.#limits.restartMinMs);
  }

  // Other members may have calls in flight, so a new worker starts first and the old one drains.
  #events(members: readonly GroupMember[]): WorkerEvents {
    return eventsFor(members, this.#log, (reason) => {
      if (this.#closed || this.#fresh || ![...(this.#current?.members ?? [])].some((member) => members.includes(member))) return;
      this.#log.warn(`Starting a fresh plugin process: ${reason}.`);
      this.#fresh = setTimeout(() => {
        this.#fresh = undefined;
        this.#refresh();
      }, this.#backoff.asked(performance.now())).unref();
    });
  }

  /** Stops the worker and everything it started. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#fresh);
    clearTimeout(this.#health);
    for (const member of this.#members) member.close();
    this.#end.abort(new GatewayError('DRAINING', 'The plugin group is being closed.'));
    this.#pause.end();
    const current = this.#current;
    this.#current = undefined;
    await Promise.all([current?.worker.stop(leaving(this.#stopping)), this.#opening?.stop(), ...this.#ending]);
    await this.#launching;
  }
}
