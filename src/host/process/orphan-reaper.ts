import { type ChildProcess, spawn } from 'node:child_process';
import { type ProcessIdentity, relatives, signalIdentity } from './process-tree.ts';

// Waits until the gateway's end of the pipe closes, then kills the recorded process groups and all processes with their
// marks, and deletes their folders. Plugin processes normally exit by themselves then; this handles those that hang. A shell
// script, because it needs almost no memory while it waits.
const SCRIPT = `
trap '' INT TERM HUP
list=
while read -r op mark pid start dir; do
  rest=
  IFS='
'
  for entry in $list; do case $entry in "$mark "*) ;; *) rest="$rest
$entry" ;; esac; done
  unset IFS
  list=$rest
  [ "$op" = + ] && list="$list
$mark $pid $start $dir"
done
[ -z "$list" ] && exit 0
sleep 6
echo "$list" | while read -r mark pid start dir; do
  [ -z "$mark" ] && continue
  now=$(sed 's/^.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)
  if [ "$pid" != 0 ] && { [ ! -e "/proc/$pid" ] || [ "$now" = "$start" ]; }; then kill -KILL "-$pid" 2>/dev/null; fi
  for file in $(grep -la "PLUGMUX_PROCESS=$mark" /proc/[0-9]*/environ 2>/dev/null); do
    other=\${file#/proc/}
    [ "\${other%/environ}" = "$$" ] || kill -KILL "\${other%/environ}" 2>/dev/null
  done
  [ -z "$dir" ] || rm -rf -- "$dir"
done
`;

/** Kills the recorded plugin processes if the gateway is killed. */
export interface OrphanReaper {
  /**
   * Records a process: before its start by the mark in its environment, and again with its pid, since the gateway may die
   * in between. `dir`: a folder to delete with it.
   */
  add(mark: string, leader?: ProcessIdentity, dir?: string): void;
  remove(mark: string): void;
  /** Kills every recorded process and its relatives now. */
  killAll(): void;
  close(): void;
}

/** Creates a reaper, which starts with the first recorded process. A no-op on Windows. */
export function createOrphanReaper(): OrphanReaper {
  let shell: ChildProcess | undefined;
  const leaders = new Map<string, ProcessIdentity>();

  const send = (line: string): void => {
    if (process.platform === 'win32') return;
    if (!shell) {
      shell = spawn('/bin/sh', ['-c', SCRIPT, 'plugmux-reaper'], {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
        env: { PATH: process.env.PATH },
      });
      shell.on('error', () => undefined);
      shell.stdin?.on('error', () => undefined);
      shell.unref();
      (shell.stdin as unknown as { unref?(): void })?.unref?.();
    }
    shell.stdin?.write(`${line}\n`);
  };

  return {
    add(mark, leader, dir = '') {
      if (leader) leaders.set(mark, leader);
      const { pid, start } = leader ?? { pid: 0, start: '' };
      send(`+ ${mark} ${pid} ${start || '-'} ${dir}`);
    },
    remove(mark) {
      leaders.delete(mark);
      send(`- ${mark}`);
    },
    killAll() {
      for (const [mark, leader] of leaders) {
        const family = relatives(leader, mark);
        for (const member of [leader, ...family]) signalIdentity(member, 'SIGKILL');
      }
    },
    close() {
      shell?.stdin?.end();
      shell = undefined;
    },
  };
}
