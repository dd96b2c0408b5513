// npm run torture -- --seed N --minutes M      mixed load under faults, replayed by its seed
// npm run torture -- --isolation [--sessions N] [--only http]      the same ids and secret payloads in every session
// Loopback only; all started processes are ended by pid. Exit code 1 if an invariant of the oracle is violated.
import { parseArgs } from 'node:util';
import { isolation } from './isolation.mjs';
import { STATEMENTS } from './oracle/oracle.mjs';
import { torture } from './torture.mjs';

const MB = 1024 * 1024;
const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    minutes: { type: 'string', default: '1' },
    stdio: { type: 'string', default: '2' },
    isolation: { type: 'boolean', default: false },
    sessions: { type: 'string', default: '256' },
    // Every session over stdio is a separate gateway process, with plugin processes below it.
    processes: { type: 'string', default: '8' },
    calls: { type: 'string', default: '40' },
    only: { type: 'string' },
  },
});

const started = performance.now();
const command = flags.isolation
  ? `npm run torture -- --isolation --seed ${flags.seed} --sessions ${flags.sessions} --processes ${flags.processes} --calls ${flags.calls}${flags.only ? ` --only ${flags.only}` : ''}`
  : `npm run torture -- --seed ${flags.seed} --minutes ${flags.minutes} --stdio ${flags.stdio}`;
console.log(command);

// If it is stopped from outside, it still ends the processes it started.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => stop.abort());

const report = flags.isolation
  ? await isolation({
      stop: stop.signal,
      seed: flags.seed,
      sessions: Number(flags.sessions),
      processes: Number(flags.processes),
      calls: Number(flags.calls),
      only: flags.only,
    })
  : await torture({ stop: stop.signal, seed: flags.seed, seconds: Number(flags.minutes) * 60, stdio: Number(flags.stdio) });
const { oracle } = report;

console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`, JSON.stringify(oracle.counts));
for (const { kind, sessions, answers, seconds } of report.rows ?? [])
  console.log(`${kind.padEnd(12)} ${sessions} sessions, ${answers} answers, all right, in ${seconds.toFixed(1)} s`);
if (report.canary) {
  const { calls, p50, p99, max, controlP99 } = report.canary;
  console.log(
    `canary: ${calls} calls, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (a bare process beside it ${controlP99.toFixed(1)} ms), longest ${max.toFixed(0)} ms`,
  );
}
if (report.end) {
  const { grown, after } = report.end;
  const { children, descriptors, memory } = after;
  console.log(
    `at rest: ${children} children, ${descriptors} descriptors, heap ${(memory.heap / MB).toFixed(1)} MB (${signed(grown.heap)}), ` +
      `memory ${(memory.rss / MB).toFixed(1)} MB (${signed(grown.rss)}); before: ${report.before.children} children, ${report.before.descriptors} descriptors`,
  );
}
if (oracle.broken) {
  const { which, what } = oracle.broken;
  console.log(`\nthe last steps:\n${oracle.steps(80).join('\n')}`);
  console.log(`\nthe gateway's last output:\n${report.log.join('\n')}`);
  console.log(`\nFAILED with seed ${flags.seed}. ${which}: ${STATEMENTS[which]}\n  ${what}\nagain: ${command}`);
} else console.log(`held: ${Object.keys(STATEMENTS).join(' ')} (seed ${flags.seed})`);
process.exit(oracle.broken ? 1 : 0);

function signed(bytes) {
  return `${bytes < 0 ? '' : '+'}${(bytes / MB).toFixed(1)}`;
}
