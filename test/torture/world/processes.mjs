import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0], parent: Number(fields[1]), start: fields[19] };
  } catch {
    return undefined;
  }
}

const everyPid = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** Whether a known process still runs: pid and start time must match. */
export function lives({ pid, start }) {
  const now = statOf(pid);
  return now !== undefined && now.start === start && now.state !== 'Z';
}

/** Describes a process for a message: its command line and its plugin group. */
export function nameOf({ pid, state }) {
  const read = (file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1');
    } catch {
      return '';
    }
  };
  const group = /TORTURE_GROUP=(\w+)/.exec(read('environ'))?.[1] ?? '';
  return `${read('cmdline').replaceAll('\0', ' ').slice(0, 60)}[${pid} ${state} ${group}]`;
}

/** All descendants of a process. */
export function descendants(root) {
  const all = everyPid().map(statOf).filter(Boolean);
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of all) {
      if (!family.has(parent) || family.has(pid)) continue;
      family.add(pid);
      grown = true;
    }
  }
  return all.filter(({ pid, state }) => family.has(pid) && pid !== root && state !== 'Z');
}

/** Processes whose environment contains a text. */
export function withEnvironment(text) {
  return everyPid()
    .map(statOf)
    .filter((stat) => {
      if (!stat || stat.state === 'Z') return false;
      try {
        return readFileSync(`/proc/${stat.pid}/environ`, 'latin1').includes(text);
      } catch {
        return false;
      }
    });
}

/** Open descriptors of a process, by type. */
export function descriptors(pid) {
  const found = {};
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      let target;
      try {
        target = readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:\[\d+\]$/, '');
      } catch {
        continue;
      }
      found[target] = (found[target] ?? 0) + 1;
    }
  } catch {
    // It has exited.
  }
  return found;
}

export const total = (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until a condition holds; false if it does not within `ms`. */
export async function within(ms, condition) {
  const end = performance.now() + ms;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > end) return false;
    await sleep(50);
  }
}
