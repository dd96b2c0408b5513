import { readdirSync, readFileSync } from 'node:fs';

/** Identity of a process: its start time distinguishes it from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since boot; empty if the system has no /proc. */
  readonly start: string;
}

interface Stat extends ProcessIdentity {
  readonly parent: number;
  readonly group: number;
}

// Parses the fields of /proc/<pid>/stat after the program's name, which may contain blanks and brackets.
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return {
      pid,
      parent: Number(fields[1]),
      group: Number(fields[2]),
      start: fields[19] ?? '',
    };
  } catch {
    return undefined;
  }
}

/** The identity of a running process; undefined if it has ended or the system has no /proc. */
export function identify(pid: number): ProcessIdentity | undefined {
  return statOf(pid);
}

function all(): Stat[] {
  try {
    return readdirSync('/proc')
      .filter((name) => name >= '0' && name <= '9~')
      .flatMap((name) => statOf(Number(name)) ?? []);
  } catch {
    return [];
  }
}

function carries(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`PLUGMUX_PROCESS=${mark}`);
  } catch {
    return false;
  }
}

/**
 * The running processes of a plugin except itself: descendants, its process group, and processes with its mark in the
 * environment. Empty if the system has no /proc.
 */
export function relatives(leader: ProcessIdentity, mark: string): ProcessIdentity[] {
  // A program that never started has no pid, and in a container unrelated processes may belong to group 0.
  if (leader.pid <= 1) return [];
  const processes = all();
  const first = processes.find((p) => p.pid === leader.pid);
  // The group id stays in use while a member lives, so the group is the plugin's even without its leader.
  const groupIsOurs = first === undefined || first.start === leader.start;
  const family = new Set([leader.pid]);
  const found: ProcessIdentity[] = [];
  for (let grown = true; grown; ) {
    grown = false;
    for (const p of processes) {
      if (family.has(p.pid) || p.pid === process.pid) continue;
      const child = first?.start === leader.start ? family.has(p.parent) : found.some((f) => f.pid === p.parent);
      if (!child && !(groupIsOurs && p.group === leader.pid) && !carries(p.pid, mark)) continue;
      family.add(p.pid);
      found.push(p);
      grown = true;
    }
  }
  return found;
}

/** Signals a process if its identity is unchanged. */
export function signalIdentity({ pid, start }: ProcessIdentity, signal: NodeJS.Signals): void {
  if (identify(pid)?.start === start) trySignal(pid, signal);
}

/** Signals a process, or a group by its negative id. Ignores errors. */
export function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}
