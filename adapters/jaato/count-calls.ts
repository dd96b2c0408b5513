import type { Member } from '../../src/core/contract/member.ts';

/** A member that records ended calls, because each call may change the plugin's offer. */
export interface CountedCalls {
  readonly member: Member;
  /** Whether a call has ended since the last query. */
  ended(): boolean;
}

export function countCalls(member: Member): CountedCalls {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  return {
    member: {
      ...member,
      call(tool, args, ctx) {
        const answer = member.call(tool, args, ctx);
        // Permission checks run no tool.
        if (!tool.startsWith('check:')) answer.then(end, end);
        return answer;
      },
    },
    ended() {
      const ended = hasEnded;
      hasEnded = false;
      return ended;
    },
  };
}
