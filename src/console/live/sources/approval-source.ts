import type { ApprovalQueue } from '../../../gateway/approval/approval-queue.ts';
import { toWaiting } from '../../api/approvals.ts';
import type { ConsoleApp } from '../../parts.ts';
import type { PageListener } from '../live.ts';
import type { TopicSource } from '../topics.ts';

/** Calls that begin to wait for a person, and those that no longer wait. */
export function createApprovalSource({ approvals }: Pick<ConsoleApp, 'approvals'>): TopicSource {
  return {
    scope: 'admin',
    has: (topic) => topic === 'approvals',
    start(_topic, publish) {
      let isStopped = false;
      let stop: (() => void) | undefined;
      void approvals.queue().then((queue) => {
        if (isStopped) return;
        for (const entry of queue.waiting()) publish({ type: 'approval', entry: toWaiting(entry) });
        stop = queue.onChange({
          waits: (entry) => publish({ type: 'approval', entry: toWaiting(entry) }),
          gone: (id, why) => publish({ type: 'approval.gone', id, why }),
        });
      });
      return () => {
        isStopped = true;
        stop?.();
      };
    },
  };
}

/** Tells the queue which pages of administrators are open, so that calls wait only while a person may see them. */
export function createPagePresence({ approvals }: Pick<ConsoleApp, 'approvals'>): PageListener {
  const open = new Set<object>();
  const withQueue = (use: (queue: ApprovalQueue) => void): void => void approvals.queue().then(use);
  return {
    used(page, state) {
      open.add(page);
      withQueue(({ presence }) => {
        // The queue may have been loaded after the page left.
        if (open.has(page)) presence.used(page, state);
      });
    },
    left(page) {
      if (open.delete(page)) withQueue(({ presence }) => presence.left(page));
    },
  };
}
