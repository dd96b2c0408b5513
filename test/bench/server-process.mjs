// Starts one benchmark server and reads the cost of its whole process tree from /proc.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

function fields(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** A process and its descendants. */
function family(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) parents.set(Number(name), Number(fields(name)?.[1]));
  const found = [root];
  for (let i = 0; i < found.length; i++) for (const [pid, parent] of parents) if (parent === found[i]) found.push(pid);
  return found;
}

/** CPU seconds so far: running threads to the nanosecond, ended children in ticks of 10 ms. */
export function cpuOf(root) {
  let seconds = 0;
  for (const pid of family(root)) {
    const stat = fields(pid);
    if (!stat) continue;
    seconds += (Number(stat[13]) + Number(stat[14])) / 100;
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`))
        seconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e9;
    } catch {
      // It has exited meanwhile.
    }
  }
  return seconds;
}

/** Resident memory in MiB: of the first process, and of its whole process tree. */
export function memoryOf(root) {
  const sizes = family(root).map((pid) => {
    try {
      return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
    } catch {
      return 0;
    }
  });
  return { own: sizes[0] ?? 0, all: sizes.reduce((a, b) => a + b, 0) };
}

/** A free port. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a server; `stop` ends its whole process tree by pid. */
export function startServer(command, { stdio }) {
  const started = performance.now();
  const child = spawn(command[0], command.slice(1), {
    stdio: stdio ? ['pipe', 'pipe', 'ignore'] : ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  return {
    child,
    started,
    async stop() {
      const pids = family(child.pid);
      child.kill('SIGTERM');
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 1000))]);
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has exited already.
        }
      }
      await gone;
    },
  };
}
