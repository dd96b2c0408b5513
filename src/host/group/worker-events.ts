import { GatewayError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { logTo } from '../log-to.ts';
import type { GroupMember } from './group-member.ts';
import type { WorkerEvents } from './worker.ts';

/** Dispatches the events of a worker to its members; events for a plugin that has left are dropped. */
export function eventsFor(members: readonly GroupMember[], log: Logger, restart: (reason: string) => void): WorkerEvents {
  const find = (id: string): GroupMember | undefined => members.find((member) => member.spec.id === id);
  return {
    stage(id, stage) {
      const member = find(id);
      if (member) member.stage = stage;
    },
    changed: (id, report) => find(id)?.setReport(report),
    restart,
    log: (id, level, text) => logTo(find(id)?.spec.log ?? log, level, text),
    async callAdapter(id, method, params) {
      const answer = find(id)?.spec.onAdapterCall;
      if (!answer) throw new GatewayError('METHOD_NOT_FOUND', `The adapter of plugin "${id}" does not support "${method}".`);
      return answer(method, params);
    },
  };
}
