import type { Host, Member, MemberSpec } from '../../src/core/contract/host.ts';

/**
 * A member whose import may fail because the packages above the plugin load too much. A failed import leaves halves of
 * modules behind, so the second try, which leaves those packages out, needs a fresh process: the member joins anew.
 */
export function joinWithFallback(host: Host, spec: (bare: boolean) => MemberSpec): Member {
  const listeners: (() => void)[] = [];
  let member = host.join(spec(false));
  let again = false;
  const tell = (): void => {
    if (!again && member.state() === 'failed' && member.error()?.details.field === 'bareParents') {
      again = true;
      const first = member;
      member = host.join(spec(true));
      member.onChange(tell);
      void first.leave();
      void member.start();
    }
    for (const listener of listeners) listener();
  };
  member.onChange(tell);
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
