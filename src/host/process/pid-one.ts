interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

// Programs that end when their parent is process 1 take that for a dead parent. A shell in between is neither, and goes
// when its group goes.
const STAND_IN = '"$0" "$@" & wait $!';

/** How to start a program so that its parent is never process 1, as the gateway is in a container without an init. */
export function adopted({ command, args }: Command, ownPid: number = process.pid): Command {
  return ownPid === 1 ? { command: '/bin/sh', args: ['-c', STAND_IN, command, ...args] } : { command, args };
}
