import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError, toError } from '../core/errors.ts';
import type { Home } from './home.ts';
import type { Seat } from './seat.ts';

/** From when on a seat that is being initialised is slow. */
const SLOW_MS = 1_000;

/** A seat that kept the home from starting, and how. */
export interface Culprit {
  readonly seat: Seat;
  readonly error: GatewayError;
  /** The home died. Of several seats that were in a stage of their own by then, any may have ended it. */
  readonly died?: true;
}

/** How seats are loaded. */
export interface Loading {
  /** Longest time for one stage, in milliseconds, where a seat does not say. */
  readonly stageMs: number;
  /** Seats that allow it run their second stage beside the others. */
  readonly sideBySide: boolean;
  /** A seat will be ready before the others, or has begun to: what is ready can be served. */
  begun(): void;
}

/**
 * Opens every seat of a home in order and runs every seat's second stage, in order again or each as soon as it can. A
 * seat's own error costs only that seat; returns those that took the home down with them, if any.
 */
export async function loadSeats(home: Home, seats: readonly Seat[], { stageMs, sideBySide, begun }: Loading): Promise<Culprit[]> {
  const opened: Seat[] = [];
  const slow = new Set<Seat>();
  const tellLate = (): void => {
    if (seats.some((seat) => seat.state() === 'ready')) for (const seat of slow) seat.tellLate();
  };
  const initialising: Promise<Culprit[]>[] = [];
  const initialize = async (seat: Seat): Promise<Culprit[]> => {
    const timer = setTimeout(() => {
      slow.add(seat);
      tellLate();
    }, SLOW_MS).unref();
    const outcome = await stage(home, seat, seat.spec.startTimeoutMs ?? stageMs, async () =>
      seat.setReport(await home.initialize(seat.spec.id)),
    );
    clearTimeout(timer);
    slow.delete(seat);
    if (outcome.done) seat.move('ready');
    tellLate();
    return culpritsOf(seat, outcome);
  };
  for (const seat of seats) {
    const { id, runtime, params } = seat.spec;
    if (home.prepare) {
      seat.stage = 'install';
      const outcome = await stage(home, seat, undefined, async () => void (await home.prepare?.(id)));
      if (outcome.fatal) return culpritsOf(seat, outcome);
    }
    seat.stage = 'start';
    const outcome = await stage(home, seat, seat.spec.startTimeoutMs ?? stageMs, async () =>
      seat.setReport(await home.load(id, 'module' in runtime ? runtime.module : '', params)),
    );
    if (outcome.fatal) return [...culpritsOf(seat, outcome), ...(await Promise.all(initialising)).flat()];
    if (!outcome.done) continue;
    if (sideBySide && seat.spec.sideBySide) {
      initialising.push(initialize(seat));
      begun();
    } else opened.push(seat);
  }
  for (const seat of opened) {
    const culprits = await initialize(seat);
    if (culprits.length > 0) return culprits;
  }
  return (await Promise.all(initialising)).flat();
}

interface StageOutcome {
  readonly done?: true;
  readonly fatal?: GatewayError;
  /** The home is gone. */
  readonly died?: true;
}

function culpritsOf(seat: Seat, { fatal, died }: StageOutcome): Culprit[] {
  return fatal ? [{ seat, error: fatal, ...(died ? { died } : {}) }] : [];
}

async function stage(home: Home, seat: Seat, stageMs: number | undefined, run: () => Promise<void>): Promise<StageOutcome> {
  const plugin = seat.spec.id;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timeout'>((resolve) => {
    if (stageMs !== undefined) timer = setTimeout(() => resolve('timeout'), stageMs);
  });
  const gone = home.gone.then((why) => ({ why }));
  try {
    const first = await Promise.race([
      run().then(
        () => ({ done: true }) as const,
        (error) => ({ error: toError(error) }),
      ),
      gone,
      timeout,
    ]);
    if (first === 'timeout') {
      const message = `The plugin did not finish the stage "${seat.stage}" within ${(stageMs as number) / 1000} s.`;
      return { fatal: new GatewayError('LOAD_TIMEOUT', message, { plugin }) };
    }
    if ('done' in first) return first;
    if ('error' in first && home.single) return { fatal: withPlugin(first.error, seat) };
    // A request that failed because the home died says so a moment before the home itself does.
    const died = 'why' in first ? first : await Promise.race([gone, sleep(50, undefined)]);
    if (died) {
      const message = `The plugin ended its process during the stage "${seat.stage}": ${died.why}.`;
      const fix = home.single ? home.fix?.() : undefined;
      return { fatal: new GatewayError('PLUGIN_FAILED', message, { plugin, ...(fix === undefined ? {} : { fix }) }), died: true };
    }
    seat.failed(withPlugin((first as { error: Error }).error, seat));
    return {};
  } finally {
    clearTimeout(timer);
  }
}

function withPlugin(error: Error, { spec, stage }: Seat): GatewayError {
  if (error instanceof GatewayError && error.code !== 'PLUGIN_FAILED') {
    return new GatewayError(error.code, error.message, {
      ...error.details,
      fix: error.fix,
      plugin: spec.id,
      cause: error,
    });
  }
  return new GatewayError('PLUGIN_FAILED', `The plugin failed in the stage "${stage}": ${error.message}`, {
    plugin: spec.id,
    ...(error instanceof GatewayError ? { fix: error.fix } : {}),
    cause: error,
  });
}
