// npm run bench [-- --rounds 5] [--only http] [--scale 1] [--peers]
// `--only start` measures only later starts with the default catalogue, `--only console` only what the console costs.
// --peers also installs other gateways into .cache and measures them.
// Alternates the targets round by round and prints one table of medians, each with its ratio to the bare server that does
// the same work. Raw figures go to out/bench.jsonl. Loopback only; every loop is bounded.
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureConsole } from './console.mjs';
import { cpuOf, freePort, memoryOf, startServer } from './server-process.mjs';
import { openSession } from './sessions.mjs';
import { measureStarts } from './starts.mjs';
import { quantile, toTable } from './statistics.mjs';
import { TARGETS } from './targets.mjs';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    scale: { type: 'string', default: '1' },
    peers: { type: 'boolean', default: false },
  },
});
const rounds = Number(flags.rounds);
const scale = Number(flags.scale);
const all = flags.peers ? [...TARGETS, ...(await import('./peers.mjs')).peers()] : TARGETS;
const targets = all.filter((target) => target.name.includes(flags.only));
const OUT = 'out/bench.jsonl';
const SETTLE_MS = 1_000;

async function connect(target, running) {
  const end = performance.now() + 20_000;
  for (;;) {
    try {
      const session = await openSession(target, running);
      const tools = await session.list();
      if (tools.length === running.tools) return session;
      session.close();
    } catch (error) {
      if (performance.now() > end || target.transport === 'stdio') throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Starts a target `starts` times in the same folder and passes the last server to `body`, with the time each start took. */
async function withServer(target, { tools, starts = 1 }, body) {
  const port = target.transport === 'stdio' ? 0 : await freePort();
  const { command, dir } = target.prepare({ port, tools });
  const times = [];
  try {
    for (;;) {
      const server = startServer(command, { stdio: target.transport === 'stdio' });
      try {
        const session = await connect(target, { port, tools, child: server.child });
        times.push(performance.now() - server.started);
        if (times.length === starts) return await body(session, server, times);
        session.close();
      } finally {
        await server.stop();
      }
    }
  } finally {
    if (dir) rmSync(dir, { recursive: true, force: true });
  }
}

/** Makes calls over a session, `lanes` at a time; returns the duration of each in microseconds. */
async function load(session, lanes, calls) {
  const times = [];
  let next = 0;
  const lane = async () => {
    while (next < calls) {
      const message = `message ${next++}`;
      const started = performance.now();
      await session.echo(message);
      times.push((performance.now() - started) * 1000);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  return { times, perSecond: (calls / (performance.now() - started)) * 1000 };
}

async function measure(target) {
  const figures = await withServer(target, { tools: 10, starts: 2 }, async (session, server, [first, later]) => {
    const { pid } = server.child;
    await load(session, 8, Math.round(3000 * scale));
    const idle = memoryOf(pid).own;
    const { times } = await load(session, 1, Math.round(1500 * scale));
    const before = cpuOf(pid);
    const calls = Math.round(10_000 * scale);
    const { perSecond } = await load(session, 8, calls);
    return {
      first,
      later,
      idle,
      p50: quantile(times, 0.5),
      perSecond,
      cpu: ((cpuOf(pid) - before) / calls) * 1e6,
      memory: memoryOf(pid).own,
    };
  });
  const list = await withServer(target, { tools: 1000 }, async (session, server) => {
    // The first lists are built while plugins still start; later ones are what clients of a long-running gateway get.
    for (let i = 0; i < 5; i++) await session.list();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const before = cpuOf(server.child.pid);
    const times = 20;
    for (let i = 0; i < times; i++) await session.list();
    return ((cpuOf(server.child.pid) - before) / times) * 1000;
  });
  return { ...figures, list };
}

mkdirSync('out', { recursive: true });
writeFileSync(OUT, '');
const results = targets.map(({ name, reference }) => ({ name, reference, rounds: [] }));
for (let round = 0; round < rounds; round++) {
  const order = round % 2 === 0 ? targets : [...targets].reverse();
  for (const target of order) {
    const result = results.find((r) => r.name === target.name);
    try {
      result.rounds[round] = await measure(target);
    } catch (error) {
      result.rounds[round] = {};
      console.error(`${target.name}: ${error.message}`);
    }
    appendFileSync(OUT, `${JSON.stringify({ round, target: target.name, ...result.rounds[round] })}\n`);
    process.stderr.write(`round ${round + 1}: ${target.name}\n`);
  }
}
if (targets.length > 0) {
  console.log(
    toTable(results, [
      { key: 'cpu', title: 'CPU per call, us' },
      { key: 'p50', title: 'p50 alone, us' },
      { key: 'perSecond', title: 'calls/s, 8 at once' },
      { key: 'first', title: 'first start to list, ms' },
      { key: 'later', title: 'later start to list, ms' },
      { key: 'list', title: 'list of 1,000: CPU, ms' },
      { key: 'memory', title: 'memory, MiB' },
    ]),
  );
  console.log(`\nmedians of ${rounds} alternating rounds; xN is the ratio to the bare server of the same kind, taken round by round`);
}
if ('start'.includes(flags.only)) {
  const starts = await measureStarts(rounds);
  for (const { name, rounds: figures } of starts)
    for (const figure of figures) appendFileSync(OUT, `${JSON.stringify({ target: name, ...figure })}\n`);
  console.log(
    `\n${toTable(starts, [
      { key: 'welcome', title: 'reply to initialize, ms' },
      { key: 'lists', title: 'first list, ms' },
      { key: 'memory', title: 'memory, MiB' },
    ])}`,
  );
}
if ('console'.includes(flags.only)) {
  const rows = await measureConsole(rounds);
  for (const { name, rounds: figures } of rows ?? [])
    for (const figure of figures) appendFileSync(OUT, `${JSON.stringify({ target: name, ...figure })}\n`);
  const columns = [
    { key: 'cpu', title: 'CPU per call, us' },
    { key: 'memory', title: 'memory, MiB' },
    { key: 'paint', title: 'first paint, ms' },
    { key: 'ready', title: 'first screen with data, ms' },
  ];
  console.log(`\n${rows ? toTable(rows, columns) : 'The console is not measured: that needs chromium.'}`);
}
process.exit(0);
