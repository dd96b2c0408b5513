import type { ApprovalQueue, QueueParts } from './approval-queue.ts';
import type { ApprovalPrompter } from './approvals.ts';

/** Asks in the console. A gateway whose console is never opened loads none of it. */
export interface ConsoleApprovals {
  readonly prompt: ApprovalPrompter;
  /** The queue, created on first use. */
  queue(): Promise<ApprovalQueue>;
  /** How many calls wait. */
  count(): number;
  /** Rejects the waiting calls, because the gateway stops. */
  close(): void;
}

/** Approval by administrators in the console. */
export function createConsoleApprovals(parts: QueueParts): ConsoleApprovals {
  let loading: Promise<ApprovalQueue> | undefined;
  let queue: ApprovalQueue | undefined;
  const load = async (): Promise<ApprovalQueue> => {
    const { createApprovalQueue } = await import('./approval-queue.ts');
    queue = createApprovalQueue(parts);
    return queue;
  };
  return {
    prompt: (request) => queue?.prompt(request),
    queue() {
      loading ??= load();
      return loading;
    },
    count: () => queue?.waiting().length ?? 0,
    close: () => queue?.close(),
  };
}
