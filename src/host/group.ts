import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError, toError } from '../core/errors.ts';
import type { HostLimits, Member, MemberSpec } from '../core/host.ts';
import type { Logger } from '../core/log.ts';
import { createStopping, type Stopping } from '../core/stopping.ts';
import type { CallContext } from '../core/tool.ts';
import { createBackoff } from './backoff.ts';
import { crashedTooOften, type Generation, isServed, judge, retire, servesSome } from './generation.ts';
import { greet, neverSpoke } from './greet.ts';
import type { Home, HomeEvents, OpenHome } from './home.ts';
import { eventsFor } from './home-events.ts';
import { type Culprit, loadSeats } from './loading.ts';
import { createPause } from './pause.ts';
import { Seat, type SeatGroup } from './seat.ts';
import { createTries } from './tries.ts';
import { unavailable } from './unavailable.ts';

/**
 * Plugins that share one home. Starts when first needed; restarts with back-off when the home dies; a changed
 * membership starts a new home beside the old one, switches, and lets the old one finish its calls.
 */
export class Group implements SeatGroup {
  readonly #limits: HostLimits;
  readonly #open: OpenHome;
  readonly #stopping: Stopping;
  readonly #log: Logger;
  readonly #backoff;
  readonly #pause = createPause();
  readonly #end = new AbortController();
  readonly #ending = new Set<Promise<void>>();
  #seats: Seat[] = [];
  #current: Generation | undefined;
  #opening: Home | undefined;
  #launching: Promise<void> | undefined;
  #changed = false;
  #wanted = false;
  #closed = false;
  #nextTry = 0;
  #health: NodeJS.Timeout | undefined;
  #fresh: NodeJS.Timeout | undefined;

  constructor(limits: HostLimits, log: Logger, open: OpenHome, stopping = createStopping()) {
    this.#stopping = stopping;
    this.#limits = limits;
    this.#log = log;
    this.#open = open;
    this.#backoff = createBackoff(limits);
  }

  get empty(): boolean {
    return this.#seats.length === 0;
  }

  join(spec: MemberSpec): Member {
    const seat = new Seat(spec, this, this.#limits);
    // A newer version of a plugin takes over its seat; the older one serves until the new home stands.
    this.#seats = [...this.#seats.filter((s) => s.spec.id !== spec.id), seat].sort((a, b) => (a.spec.order < b.spec.order ? -1 : 1));
    this.#refresh();
    return seat;
  }

  async leave(seat: Seat): Promise<void> {
    seat.close();
    if (!this.#seats.includes(seat)) return;
    this.#seats = this.#seats.filter((s) => s !== seat);
    if (this.empty) await this.close();
    else this.#refresh();
  }

  // Several plugins that come and go in one turn make one new home.
  #refresh(): void {
    this.#changed = true;
    if (!this.#wanted || this.#launching) return;
    setImmediate(() => void this.start());
  }

  start(): Promise<void> {
    this.#wanted = true;
    // Whoever joined in the midst of a launch has one of its own after that.
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

  serving(seat: Seat): Home | undefined {
    const generation = this.#current;
    return generation && isServed(seat, generation) && generation.home.busy() === undefined ? generation.home : undefined;
  }

  async home(asked: Seat, ctx?: CallContext): Promise<Home> {
    const deadline = performance.now() + this.#limits.queueMs;
    for (;;) {
      // A plugin that is replaced while a call waits for it takes the call in its newer version.
      const seat = this.#seats.find((s) => s.spec.id === asked.spec.id) ?? asked;
      if (ctx?.aborted) throw this.#unavailable(seat, 'the call ended before it could be handed over');
      if (ctx && this.#stopping.reason && !this.serving(seat)) throw this.#stopping.reason;
      const generation = this.#current;
      if (generation && isServed(seat, generation)) {
        const busy = generation.home.busy();
        if (busy === undefined) return generation.home;
        if (performance.now() >= deadline) throw this.#unavailable(seat, busy);
        await sleep(50);
      } else if (seat.state() === 'failed' || seat.state() === 'closed' || seat.excluded || this.#backoff.open || this.#closed) {
        throw this.#unavailable(seat, seat.error()?.message ?? 'it is closed');
      } else if (this.#nextTry > 0 && performance.now() >= deadline) {
        throw this.#unavailable(seat, 'it is being restarted');
      } else {
        await Promise.race([this.start(), sleep(200, undefined, { ref: false }), ...(seat.state() === 'ready' ? [] : [seat.settled()])]);
        // Whatever that answered, others get their turn before the next look.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  #unavailable(seat: Seat, why: string): GatewayError {
    return unavailable(seat.spec.id, why, seat.nextTry || this.#nextTry);
  }

  async #launch(): Promise<void> {
    let oneByOne = false;
    let tries = createTries(this.#limits.startTimeoutMs);
    while (!this.#closed) {
      this.#changed = false;
      const seats = this.#seats.filter((seat) => !seat.excluded);
      if (seats.length === 0) return;
      for (const seat of seats) if (!this.#current?.seats.has(seat)) seat.move(seat.state() === 'restarting' ? 'restarting' : 'opening');
      const home = await this.#openFor(seats);
      if (!home) return;
      if (this.#closed) return home.stop();
      this.#opening = home;
      const failure = await greet(home, tries.begin());
      if (failure !== undefined) {
        await home.stop();
        if (failure instanceof GatewayError) return this.#giveUp(failure, seats);
        await this.#unstarted(home, failure, seats, tries.wasLast());
        continue;
      }
      tries = createTries(this.#limits.startTimeoutMs);
      const generation: Generation = { home, seats: new Set(seats), whole: false, lostInCall: false };
      const culprits = await loadSeats(home, seats, {
        stageMs: this.#limits.startTimeoutMs,
        sideBySide: !oneByOne,
        // Whatever an older home serves goes on until all of the new one are there.
        begun: () => this.#current ?? this.#switch(generation),
      });
      if (this.#closed) return home.stop();
      this.#opening = undefined;
      if (culprits.length > 0) {
        oneByOne = this.#blame(culprits, generation);
        // A home in which somebody hangs serves the others until the next one stands.
        if (this.#current === generation && servesSome(generation)) continue;
        if (this.#current === generation) this.#current = undefined;
        await home.stop();
        continue;
      }
      generation.whole = true;
      for (const seat of seats) if (seat.failedAgain) this.#suspend(seat);
      if (this.#current !== generation) this.#switch(generation);
      return;
    }
  }

  // What is missing on this machine does not come back by trying again.
  async #openFor(seats: readonly Seat[]): Promise<Home | undefined> {
    try {
      return await this.#open(
        seats.map((seat) => seat.spec),
        this.#events(seats),
        this.#end.signal,
      );
    } catch (error) {
      const failure = error instanceof GatewayError ? error : new GatewayError('PLUGIN_FAILED', toError(error).message, { cause: error });
      this.#giveUp(failure, seats);
      return undefined;
    }
  }

  // Leaves out who kept the home from starting; true if that is not known and the next start must tell.
  #blame(culprits: readonly Culprit[], generation: Generation): boolean {
    const { guilty, isUnclear } = judge(culprits, generation);
    for (const { seat, error } of guilty) {
      if (generation.seats.size > 1) this.#log.warn(`Starting again without ${seat.spec.id}: ${error.message}`);
      this.#leaveOut(seat, error);
    }
    if (isUnclear) this.#log.warn('Starting again, one plugin after the other, to see which of them ends the process.');
    return isUnclear;
  }

  // One that has served before is tried again: what kept it from loading may be over by then.
  #leaveOut(seat: Seat, error: GatewayError): void {
    seat.failed(error);
    if (seat.failedAgain) this.#suspend(seat);
    else seat.exclude(error);
  }

  #suspend(seat: Seat): void {
    seat.suspend(this.#backoff.spread(this.#limits.restartMaxMs), () => this.#refresh());
  }

  #giveUp(failure: GatewayError, seats: readonly Seat[]): void {
    for (const seat of seats) seat.exclude(failure);
  }

  // Only what has served before may come back by itself: the rest is for a person to put right.
  async #unstarted(home: Home, failure: string, seats: readonly Seat[], isLast: boolean): Promise<void> {
    const error = neverSpoke(home, failure);
    const out = isLast ? seats.filter((seat) => !seat.served) : [];
    this.#giveUp(error, out);
    if (out.length === seats.length) return this.#log.error(error.message);
    const delay = this.#backoff.failed(performance.now());
    this.#nextTry = performance.now() + delay;
    this.#log.error(`${error.message} Next try in ${(delay / 1000).toFixed(1)} s.`);
    for (const seat of seats) if (!out.includes(seat)) seat.move('restarting', error);
    await this.#wait(delay);
  }

  #wait(delay: number): Promise<void> {
    return this.#closed ? Promise.resolve() : this.#pause.for(delay);
  }

  #switch(generation: Generation): void {
    const old = this.#current;
    this.#current = generation;
    this.#nextTry = 0;
    if (old) this.#retire(old.home);
    void generation.home.gone.then((why) => this.#lost(generation, why));
    // One clock for the newest: a home that has been replaced must not be kept by the wait for its good health.
    clearTimeout(this.#health);
    this.#health = setTimeout(() => this.#backoff.healthy(performance.now()), this.#limits.circuitWindowMs).unref();
  }

  // The old home takes no new calls; those in flight may finish.
  #retire(home: Home): void {
    const ending = retire(home, this.#limits.drainMs).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #lost(generation: Generation, why: string): Promise<void> {
    if (this.#current !== generation || this.#closed) return;
    this.#current = undefined;
    clearTimeout(this.#health);
    const { home, seats } = generation;
    generation.lostInCall = home.inFlight().length > 0;
    const now = performance.now();
    const error = new GatewayError('PLUGIN_CRASHED', `The plugin process ended: ${why}.`).idle;
    for (const seat of seats) if (seat.state() !== 'closed' && seat.state() !== 'failed') seat.move('restarting', error);
    // Ended for a call that ran out of time: that is no crash.
    const delay = home.overdue?.() ? this.#backoff.spread(this.#limits.restartMinMs) : this.#crashed(home, seats, now);
    this.#nextTry = now + delay;
    this.#log.error(`The plugin process ended: ${why}. Starting again in ${(delay / 1000).toFixed(1)} s.`);
    if (!this.#launching) void this.#begin(this.#wait(delay).then(() => this.#launch()));
  }

  // Who crashed the home too often is left out for a while, and the others need not wait for that.
  #crashed(home: Home, seats: ReadonlySet<Seat>, now: number): number {
    const out = crashedTooOften(home, seats, now);
    const delay = this.#backoff.failed(now);
    if (out.length === 0) return delay;
    for (const seat of out) this.#suspend(seat);
    this.#backoff.reset();
    return this.#backoff.spread(this.#limits.restartMinMs);
  }

  // Others may be in the middle of something: a fresh home first, then the old one finishes what it has.
  #events(seats: readonly Seat[]): HomeEvents {
    return eventsFor(seats, this.#log, (reason) => {
      if (this.#closed || this.#fresh || ![...(this.#current?.seats ?? [])].some((seat) => seats.includes(seat))) return;
      this.#log.warn(`Starting a fresh plugin process: ${reason}.`);
      this.#fresh = setTimeout(() => {
        this.#fresh = undefined;
        this.#refresh();
      }, this.#backoff.asked(performance.now())).unref();
    });
  }

  /** Ends the home and everything it started. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#fresh);
    clearTimeout(this.#health);
    for (const seat of this.#seats) seat.close();
    this.#end.abort(new GatewayError('DRAINING', 'The plugin group is being closed.'));
    this.#pause.end();
    const current = this.#current;
    this.#current = undefined;
    await Promise.all([current?.home.stop(), this.#opening?.stop(), ...this.#ending]);
    await this.#launching;
  }
}
