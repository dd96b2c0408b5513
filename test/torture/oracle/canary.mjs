import { spawn } from 'node:child_process';
import { sleep } from '../world/processes.mjs';
import { echo } from './judge.mjs';

const EVERY_MS = 50;
/** Times are reported as measured; a run fails only if they exceed what the machine itself explains. */
const MARGIN_MS = 1_000;
const MARGIN_FACTOR = 5;
const LEAST_CALLS = 500;

/** Calls a healthy plugin continuously; its calls must never be rejected or delayed. */
export async function sing(client, until) {
  const times = [];
  const control = createControl();
  const beside = [];
  while (!until()) {
    if (!client.connected && !(await client.open())) {
      client.oracle.fail('O2', 'the canary cannot connect');
      break;
    }
    const started = performance.now();
    await Promise.all([
      echo(client, 'canary_echo', 100, { may: [] }).then(() => times.push(performance.now() - started)),
      control.echo().then(() => beside.push(performance.now() - started)),
    ]);
    await sleep(Math.max(0, EVERY_MS - (performance.now() - started)));
  }
  control.end();
  const [p99, controlP99] = [quantile(times, 0.99), quantile(beside, 0.99)];
  // With only a few calls, slow ones prove nothing: the machine itself may have been blocked.
  if (times.length >= LEAST_CALLS && p99 > MARGIN_MS + MARGIN_FACTOR * controlP99)
    client.oracle.fail('O2', `p99 of the canary is ${Math.round(p99)} ms, of a bare process ${Math.round(controlP99)} ms`);
  return { calls: times.length, p50: quantile(times, 0.5), p99, max: quantile(times, 1), controlP99 };
}

/** A process that echoes its input: its latency shows how busy the machine and this process are. */
function createControl() {
  const child = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => undefined);
  return {
    echo: () =>
      new Promise((resolve) => {
        child.stdout.once('data', resolve);
        child.stdin.write('.');
      }),
    end: () => child.kill('SIGKILL'),
  };
}

function quantile(times, q) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}
