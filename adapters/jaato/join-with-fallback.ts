import type { Host } from '../../src/core/contract/host.ts';
import type { Member, MemberSpec } from '../../src/core/contract/member.ts';

/**
 * A member that retries a failed import without the parent packages. A failed import leaves modules half-loaded, so the
 * second attempt joins again and gets a fresh process.
 */
export function joinWithFallback(host: Host, spec: (bare: boolean) => MemberSpec): Member {
  const listeners: (() => void)[] = [];
  let member = host.join(spec(false));
  let retried = false;
  const notify = (): void => {
    if (!retried && member.state() === 'failed' && member.error()?.details.field === 'bareParents') {
      retried = true;
      const first = member;
      member = host.join(spec(true));
      member.onChange(notify);
      void first.leave();
      void member.start();
    }
    for (const listener of listeners) listener();
  };
  member.onChange(notify);
  return {
    state: () => member.state(),
    error: () => member.error(),
    report: () => member.report(),
    start: () => member.start(),
    late: () => member.late(),
    call: (tool, args, ctx) => member.call(tool, args, ctx),
    request: (method, params) => member.request(method, params),
    onChange: (listener) => void listeners.push(listener),
    leave: () => member.leave(),
  };
}
