import type { Logger } from '../../../dist/src/core/log.js';
import type { ClientLink } from '../../../dist/src/gateway/call/call.js';
import type { Oracle } from './oracle.ts';

/** A client that checks log messages and progress, which must increase, and accepts every question. */
export function oracleClient(oracle: Oracle): ClientLink {
  let last = Number.NEGATIVE_INFINITY;
  const say = (message: string): void => {
    if (typeof message !== 'string') oracle.fail('O4', `a log message that is not a string: ${JSON.stringify(message)}`);
  };
  const log: Logger = { debug: say, info: say, warn: say, error: say, area: () => log };
  return {
    log,
    session: 'fuzz',
    answerableKinds: ['form', 'url', 'sampling', 'roots'],
    progress(exact, total, message) {
      // An integer and its successor can be the same double.
      const done = Number(String(exact));
      const good =
        Number.isFinite(done) &&
        done >= last &&
        (total === undefined || Number.isFinite(Number(String(total)))) &&
        typeof (message ?? '') === 'string';
      if (!good) oracle.fail('O4', `progress of a wrong form: ${JSON.stringify([exact, total, message])} after ${last}`);
      last = done;
    },
    ask: async (questions) => Object.fromEntries(Object.keys(questions).map((key) => [key, { action: 'accept', content: {} }])),
  };
}
