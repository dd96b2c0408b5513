import type { HostLimits } from '../../core/contract/host.ts';
import type { Program, ProgramSpec } from '../../core/contract/process.ts';
import type { OrphanReaper } from './orphan-reaper.ts';
import { SupervisedProcess } from './supervised.ts';

/** Starts a program with its own protocol over stdin and stdout. */
export function startProgram(spec: ProgramSpec, limits: HostLimits, reaper: OrphanReaper): Program {
  const supervised = new SupervisedProcess(spec, ['pipe', 'pipe', 'pipe'], limits, reaper);
  const stdin = supervised.stream(0);
  let stopping: Promise<void> | undefined;
  return {
    pid: supervised.pid,
    stdin,
    stdout: supervised.stream(1),
    exited: supervised.exited,
    lastLines: (max) => supervised.output.tail(max),
    kill: (reason) => supervised.kill(reason),
    stop() {
      stopping ??= supervised.stop(() => stdin.end());
      return stopping;
    },
  };
}
