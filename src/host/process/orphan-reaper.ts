import { type ChildProcess, spawn } from 'node:child_process';
import { type ProcessIdentity, relatives, signalIdentity } from './process-tree.ts';

// Waits until the gateway's end of the pipe closes, then kills the groups that are still recorded, whatever carries
// their marks, and removes their folders. Plugin processes end by themselves at that moment; this is for those that
// cannot. A shell script, because it must cost next to nothing while it waits.
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

/** Kills the recorded plugin processes if the gateway itself is killed. */
export interface OrphanReaper {
  /**
   * Told before a process starts, by the mark in its environment, and again once it has a number: a gateway may die in
   * between. `dir`: a folder of the process that is removed with it.
   */
  add(mark: string, leader?: ProcessIdentity, dir?: string): void;
  remove(mark: string): void;
  /** Kills every recorded process with its relatives now. */
  killAll(): void;
  close(): void;
}

/** A reaper that starts with the first process it is told of. Does nothing on systems without process groups. */
export function createOrphanReaper(): OrphanReaper {
  let shell: ChildProcess | undefined;
  const leaders = new Map<string, ProcessIdentity>();

  const tell = (line: string): void => {
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
      tell(`+ ${mark} ${pid} ${start || '-'} ${dir}`);
    },
    remove(mark) {
      leaders.delete(mark);
      tell(`- ${mark}`);
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
