import { readFileSync } from 'node:fs';

/** What a process uses: resident memory in bytes, CPU time since its start in milliseconds. */
export interface ProcessUsage {
  readonly rss: number;
  readonly cpuMs: number;
}

/** The unit of CPU times in /proc, in milliseconds; the same on every architecture that Node supports. */
const TICK_MS = 10;

/** Reads what a process uses; undefined if it has ended, or on a system without /proc. */
export function usageOf(pid: number): ProcessUsage | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may contain spaces.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return kilobytes === undefined ? undefined : { rss: Number(kilobytes) * 1_024, cpuMs: (Number(user) + Number(system)) * TICK_MS };
  } catch {
    return undefined;
  }
}
