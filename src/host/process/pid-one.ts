interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

// Some programs exit if their parent is process 1, since that usually means that the parent has died. A shell in between
// avoids this, and is killed with its group.
const STAND_IN = '"$0" "$@" & wait $!';

/** Wraps a command so that its parent is not process 1, which the gateway is in a container without an init. */
export function adopted({ command, args }: Command, ownPid: number = process.pid): Command {
  return ownPid === 1 ? { command: '/bin/sh', args: ['-c', STAND_IN, command, ...args] } : { command, args };
}
