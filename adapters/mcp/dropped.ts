import type { Logger } from '../../src/core/log.ts';
import { escapeForTerminal, shorten } from '../../src/core/text/text.ts';
import { createGuard, type Guard } from './connection/guard.ts';

const MINUTE_MS = 60_000;
const MAX_REASON_LENGTH = 200;
const MAX_STACK_LENGTH = 2_000;

/** Counts the unusable messages of one server. */
export interface Dropped {
  /** Counts one message. `why` ends the log line after "Last:". */
  add(why: string): void;
  /** Number of dropped messages so far. */
  readonly count: number;
  close(): void;
}

/** Error handling shared by all connections of one server. */
export interface Checks {
  readonly guard: Guard;
  readonly dropped: Dropped;
}

/** Messages whose handling throws count as dropped. */
export function createChecks(log: Logger): Checks {
  const dropped = createDropped(log);
  const guard = createGuard((error) => {
    log.debug(`handling a message from the server failed: ${shorten(error.stack ?? error.message, MAX_STACK_LENGTH)}`);
    dropped.add(`a message whose handling failed (${error.message})`);
  });
  return { guard, dropped };
}

/** Logs the first dropped message at once, then a count once a minute. */
export function createDropped(log: Logger): Dropped {
  let count = 0;
  let unlogged = 0;
  let last = '';
  let timer: NodeJS.Timeout | undefined;

  const write = (): void => {
    timer = undefined;
    if (unlogged === 0) return;
    const what = unlogged === 1 ? 'a message' : `${unlogged} messages`;
    log.warn(`Dropped ${what} from the server (${count} in total): not valid MCP. Last: ${last}.`);
    unlogged = 0;
    timer = setTimeout(write, MINUTE_MS).unref();
  };

  return {
    get count() {
      return count;
    },
    add(why) {
      count++;
      unlogged++;
      last = shorten(escapeForTerminal(why), MAX_REASON_LENGTH);
      if (timer === undefined) write();
    },
    close() {
      clearTimeout(timer);
      if (unlogged > 0) write();
      clearTimeout(timer);
    },
  };
}
