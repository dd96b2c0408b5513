import type { Member } from '../../src/core/contract/host.ts';

/** A member whose calls are watched: what a plugin offers may change with each of them. */
export interface CountedCalls {
  readonly member: Member;
  /** Whether a call has ended since this was last asked. */
  ended(): boolean;
}

/** Watches the calls of a member. */
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
        // A check calls no tool of the plugin.
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
