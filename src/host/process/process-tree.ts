import { readdirSync, readFileSync } from 'node:fs';

/** A process as it was seen: the start time tells it from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since boot; empty where the system does not tell. */
  readonly start: string;
}

interface Stat extends ProcessIdentity {
  readonly parent: number;
  readonly group: number;
}

// Fields of /proc/<pid>/stat behind the program's name, which may itself hold blanks and brackets.
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

/** What identifies a running process; undefined where it has ended or the system has no /proc. */
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
 * What is left of a plugin's process tree, itself excepted: its descendants, its process group, and whatever carries
 * its mark in the environment. Empty where the system has no /proc.
 */
export function relatives(leader: ProcessIdentity, mark: string): ProcessIdentity[] {
  // A program that never started has no number, and inside a container whole strangers may belong to group 0.
  if (leader.pid <= 1) return [];
  const processes = all();
  const first = processes.find((p) => p.pid === leader.pid);
  // A group number stays taken while a member lives, so without its leader the group is still the plugin's own.
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

/** Signals a process only if it is still the one that was seen. */
export function signalIdentity({ pid, start }: ProcessIdentity, signal: NodeJS.Signals): void {
  if (identify(pid)?.start === start) trySignal(pid, signal);
}

/** Signals a process or, with a negative number, a group; one that has ended is no error. */
export function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
