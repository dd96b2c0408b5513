import type { Logger } from '../../src/core/log.ts';
import { escapeForTerminal, shorten } from '../../src/core/text/text.ts';
import { createGuard, type Guard } from './connection/guard.ts';

const MINUTE_MS = 60_000;
const MAX_REASON_LENGTH = 200;
const MAX_STACK_LENGTH = 2_000;

/** Counts the messages of one server that could not be used. */
export interface Dropped {
  /** A message was dropped; `why` completes "Last:". */
  add(why: string): void;
  /** How many were dropped so far. */
  readonly count: number;
  close(): void;
}

/** What stands between a server and the gateway, on all of its connections. */
export interface Checks {
  readonly guard: Guard;
  readonly dropped: Dropped;
}

/** What cannot be handled counts as dropped. */
export function createChecks(log: Logger): Checks {
  const dropped = createDropped(log);
  const guard = createGuard((error) => {
    log.debug(`a message of the server could not be handled: ${shorten(error.stack ?? error.message, MAX_STACK_LENGTH)}`);
    dropped.add(`a message that could not be handled (${error.message})`);
  });
  return { guard, dropped };
}

/** Logs the first dropped message at once and the others once a minute, with their number. */
export function createDropped(log: Logger): Dropped {
  let count = 0;
  let unlogged = 0;
  let last = '';
  let timer: NodeJS.Timeout | undefined;

  const write = (): void => {
    timer = undefined;
    if (unlogged === 0) return;
    const what = unlogged === 1 ? 'a message' : `${unlogged} messages`;
    log.warn(`Dropped ${what} from the server, in all ${count}: not as the protocol wants it. Last: ${last}.`);
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
