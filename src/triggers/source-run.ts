import type { EventSources, Trigger } from '../core/contract/event-source.ts';
import type { Plugin } from '../core/contract/plugin.ts';
import { toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { toTimer } from '../core/timer.ts';
import type { EventTable, Look, SourceKey } from '../store/event-table.ts';

/** A trigger that runs while anything wants its events. */
export interface SourceRun {
  /** Wants its events, until the returned function is called. */
  want(): () => void;
  /** Whether it runs. */
  isOn(): boolean;
  /** The plugin has changed its state or offer. */
  changed(): void;
  close(): Promise<void>;
}

/** The dependencies of a run. */
export interface RunParts {
  readonly key: SourceKey;
  readonly plugin: Pick<Plugin, 'start' | 'state'>;
  readonly sources: EventSources;
  /** The trigger, as the plugin offers it now. */
  readonly trigger: () => Trigger | undefined;
  readonly table: EventTable;
  /** The gateway, among those on the state folder. */
  readonly owner: string;
  /** Longest time of one look, in milliseconds. */
  readonly lookMs: () => number;
  readonly stored: () => void;
  readonly log: Logger;
}

const FIRST_MS = 5_000;
/** A client that reconnects does not stop and restart a trigger. */
const LINGER_MS = 60_000;
const RENEW_MS = 10_000;
const LONGEST_MS = 3_600_000;
const REOPEN_MS = 1_000;
const REOPEN_MAX_MS = 300_000;

/** Creates a run, which is off. Looks for events, or has the plugin report them, while something wants them and it holds the lease. */
export function createSourceRun({ key, plugin, sources, trigger, table, owner, lookMs, stored, log }: RunParts): SourceRun {
  let wanted = 0;
  let isOn = false;
  let isClosed = false;
  let isOwner = false;
  let looking = false;
  let stop: (() => Promise<void>) | undefined;
  let opening = false;
  let reopenMs = REOPEN_MS;
  let next: NodeJS.Timeout | undefined;
  let linger: NodeJS.Timeout | undefined;
  let renewal: NodeJS.Timeout | undefined;

  const logFault = (what: string, error: unknown): void => log.warn(`trigger "${key.trigger}": ${what}: ${toError(error).message}`);
  const plan = (ms: number): void => {
    clearTimeout(next);
    if (isOn) next = setTimeout(() => void turn().catch((error) => retry('it did not run', error)), toTimer(ms)).unref();
  };
  // The store cannot be used, so nothing can be recorded there.
  const retry = (what: string, error: unknown): void => {
    logFault(what, error);
    plan(RENEW_MS);
  };
  const lease = (): boolean => {
    isOwner = table.lease(key, owner);
    return isOwner;
  };
  const told = (look: Look): void => {
    if (look === 'stored') stored();
    if (look === 'throttled') log.warn(`trigger "${key.trigger}" reports too many events; some are not stored`);
  };

  const lookOnce = async (): Promise<void> => {
    const everyMs = sources.everyMs(key.trigger) * (0.95 + Math.random() * 0.1);
    const { state, failures } = table.state(key);
    // Until a late look has settled, no other one may begin.
    looking = true;
    let late: NodeJS.Timeout | undefined;
    try {
      const look = sources.look(key.trigger, state).finally(() => {
        looking = false;
      });
      look.catch(() => undefined);
      const deadline = new Promise<never>((_, reject) => {
        const ms = lookMs();
        late = setTimeout(() => reject(new Error(`it took longer than ${ms / 1000} s`)), toTimer(ms)).unref();
      });
      const result = await Promise.race([look, deadline]);
      // One that was switched off meanwhile still stores its event: its plugin may not report it again.
      told(table.commit(key, owner, result, Date.now() + everyMs));
      plan(everyMs);
    } catch (error) {
      logFault('a look failed', error);
      const waitMs = Math.min(everyMs * 2 ** Math.min(failures + 1, 20), Math.max(LONGEST_MS, everyMs));
      table.fail(key, owner, toError(error).message, Date.now() + waitMs);
      plan(waitMs);
    } finally {
      clearTimeout(late);
    }
  };

  const openOnce = async (): Promise<void> => {
    if (stop || opening) return;
    opening = true;
    try {
      const close = await sources.open(key.trigger, async (emitId, event) => told(table.append(key, emitId, event)));
      reopenMs = REOPEN_MS;
      if (isOn && isOwner) stop = close;
      else await close();
    } catch (error) {
      logFault('it cannot be opened', error);
      table.fail(key, owner, toError(error).message, Date.now() + reopenMs);
      plan(reopenMs);
      reopenMs = Math.min(reopenMs * 2, REOPEN_MAX_MS);
    } finally {
      opening = false;
    }
  };

  const turn = async (): Promise<void> => {
    if (!isOn || looking) return plan(FIRST_MS);
    if (!lease()) return plan(RENEW_MS);
    if (plugin.state() !== 'ready') {
      await plugin.start();
      if (plugin.state() !== 'ready') return plan(FIRST_MS);
    }
    const kind = trigger()?.kind;
    if (kind === 'subscribe') await openOnce();
    else if (kind === 'poll') await lookOnce();
  };

  const shut = async (): Promise<void> => {
    const close = stop;
    stop = undefined;
    await close?.().catch((error: unknown) => logFault('it cannot be ended', error));
  };
  const renew = (): void => {
    try {
      const had = isOwner;
      if (lease() && !had) plan(FIRST_MS);
      else if (!isOwner) void shut();
    } catch (error) {
      logFault('its lease cannot be renewed', error);
    }
  };
  // A trigger that was looked at just before a restart is due as if the gateway had not stopped.
  const start = async (): Promise<void> => {
    await plugin.start();
    if (!isOn) return;
    if (trigger()?.kind !== 'poll') return plan(0);
    const everyMs = sources.everyMs(key.trigger);
    const dueMs = table.state(key).nextAt - Date.now();
    plan(Math.min(Math.max(FIRST_MS, dueMs), Math.max(everyMs, LONGEST_MS)));
  };
  const switchOn = (): void => {
    isOn = true;
    renewal = setInterval(renew, RENEW_MS).unref();
    start().catch((error) => retry('it does not start', error));
  };
  const switchOff = async (): Promise<void> => {
    if (!isOn) return;
    isOn = false;
    clearTimeout(next);
    clearInterval(renewal);
    await shut();
    try {
      if (isOwner) table.release(key, owner);
    } catch (error) {
      logFault('its lease cannot be released', error);
    }
    isOwner = false;
  };

  return {
    want() {
      wanted += 1;
      clearTimeout(linger);
      if (!isOn && !isClosed) switchOn();
      let isWanted = true;
      return () => {
        if (!isWanted) return;
        isWanted = false;
        wanted -= 1;
        if (wanted === 0) linger = setTimeout(() => void switchOff(), LINGER_MS).unref();
      };
    },
    isOn: () => isOn,
    changed() {
      if (!isOn || !stop || plugin.state() === 'ready') return;
      // The process has ended, and the subscription with it.
      stop = undefined;
      plan(REOPEN_MS);
    },
    async close() {
      isClosed = true;
      clearTimeout(linger);
      await switchOff();
    },
  };
}
