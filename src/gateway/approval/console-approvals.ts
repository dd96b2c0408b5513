import type { ApprovalQueue, QueueParts } from './approval-queue.ts';
import type { ApprovalPrompter } from './approvals.ts';

/** Asks in the console. A gateway whose console is never opened loads none of it. */
export interface ConsoleApprovals {
  readonly prompt: ApprovalPrompter;
  /** The queue, created on first use. */
  queue(): Promise<ApprovalQueue>;
  /** Sets how to tell whether a console is served; without this there is none. */
  offer(isServed: () => boolean): void;
  /** Whether an administrator can open the console of this gateway. */
  isOffered(): boolean;
  /** How many calls wait. */
  count(): number;
  /** Rejects the waiting calls, because the gateway stops. */
  close(): void;
}

/** Approval by administrators in the console. */
export function createConsoleApprovals(parts: QueueParts): ConsoleApprovals {
  let loading: Promise<ApprovalQueue> | undefined;
  let queue: ApprovalQueue | undefined;
  let isOffered = (): boolean => false;
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
    offer(isServed) {
      isOffered = isServed;
    },
    isOffered: () => isOffered(),
    count: () => queue?.waiting().length ?? 0,
    close: () => queue?.close(),
  };
}
