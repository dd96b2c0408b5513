import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { HomeEvents } from './home.ts';
import { logTo } from './log-to.ts';
import type { Seat } from './seat.ts';

/** What a home tells, handed to the seats it is about; a plugin that has left meanwhile hears nothing. */
export function eventsFor(seats: readonly Seat[], log: Logger, restart: (reason: string) => void): HomeEvents {
  const find = (id: string): Seat | undefined => seats.find((seat) => seat.spec.id === id);
  return {
    stage(id, stage) {
      const seat = find(id);
      if (seat) seat.stage = stage;
    },
    changed: (id, report) => find(id)?.setReport(report),
    restart,
    log: (id, level, text) => logTo(find(id)?.spec.log ?? log, level, text),
    async consult(id, method, params) {
      const answer = find(id)?.spec.answer;
      if (!answer) throw new GatewayError('METHOD_NOT_FOUND', `The adapter of plugin ${id} answers no "${method}".`);
      return answer(method, params);
    },
  };
}
