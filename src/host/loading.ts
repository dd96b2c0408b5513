import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError, toError } from '../core/errors.ts';
import type { Home } from './home.ts';
import type { Seat } from './seat.ts';

/** How loading a group ended: every seat tried, or one that took the home down with it. */
export type Loaded = { readonly culprit?: undefined } | { readonly culprit: Seat; readonly error: GatewayError };

/** Opens every seat of a home in order, then runs every seat's second stage. A seat's own error costs only that seat. */
export async function loadSeats(home: Home, seats: readonly Seat[], stageMs: number): Promise<Loaded> {
  const opened: Seat[] = [];
  for (const seat of seats) {
    const { id, runtime, params } = seat.spec;
    if (home.prepare) {
      seat.stage = 'install';
      const { fatal } = await stage(home, seat, undefined, async () => void (await home.prepare?.(id)));
      if (fatal) return { culprit: seat, error: fatal };
    }
    seat.stage = 'start';
    const outcome = await stage(home, seat, seat.spec.startTimeoutMs ?? stageMs, async () =>
      seat.setReport(await home.load(id, 'module' in runtime ? runtime.module : '', params)),
    );
    if (outcome.fatal) return { culprit: seat, error: outcome.fatal };
    if (outcome.done) opened.push(seat);
  }
  for (const seat of opened) {
    const outcome = await stage(home, seat, seat.spec.startTimeoutMs ?? stageMs, async () =>
      seat.setReport(await home.initialize(seat.spec.id)),
    );
    if (outcome.fatal) return { culprit: seat, error: outcome.fatal };
    if (outcome.done) seat.move('ready');
  }
  return {};
}

interface StageOutcome {
  readonly done?: true;
  readonly fatal?: GatewayError;
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
      return { fatal: new GatewayError('PLUGIN_FAILED', message, { plugin }) };
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
