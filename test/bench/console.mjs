// What the console costs: memory and CPU of a call without it, after it was used, and while one follows the calls; and how long a
// first visit takes. Needs Debian's chromium, which is closed during the calls: it would take the processor from the gateway.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { WebSocket } from 'ws';
import { createLoginCode } from '../../dist/src/console/login-code.js';
import { createStateFile } from '../../dist/src/store/state-file.js';
import { cpuOf, freePort, memoryOf, startServer } from './server-process.mjs';
import { openSession } from './sessions.mjs';
import { TARGETS } from './targets.mjs';

const TARGET = TARGETS.find(({ name }) => name === 'plugmux http');
const NEVER = 'console never opened';
const TOOLS = 10;
/** Before figures are taken: V8 has optimised the path of a call by then. */
const WARM_UP = 10_000;
/** A burst takes about a second, in which the live channel has more calls than it sends. */
const CALLS = 20_000;
const BURSTS = 3;
const START_MS = 20_000;
const LAST_MESSAGE_MS = 600;

/** A session of its own, because the gateway closes connections that are silent meanwhile. */
async function load({ running }, calls) {
  const session = await openSession(TARGET, running);
  let next = 0;
  const lane = async () => {
    while (next < calls) await session.echo(`message ${next++}`);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  session.close();
}

async function start() {
  const port = await freePort();
  const { command, dir } = TARGET.prepare({ port, tools: TOOLS });
  const server = startServer(command, { stdio: false });
  const end = performance.now() + START_MS;
  for (;;) {
    try {
      const running = { port, tools: TOOLS, child: server.child };
      (await openSession(TARGET, running)).close();
      return { server, running, dir, address: `http://127.0.0.1:${port}/` };
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function makeCode(dir) {
  const state = createStateFile(join(dir, 'state'));
  try {
    return createLoginCode(state);
  } finally {
    state.close();
  }
}

/** A person opens the page by a link that logs in, looks at the calls, and leaves. */
async function visit(browser, { dir, address }) {
  const page = await browser.newPage();
  const started = performance.now();
  await page.goto(`${address}#login=${makeCode(dir)}`);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  const ready = performance.now() - started;
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  await page.goto(`${address}#/calls`);
  await page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();
  await page.close();
  return { ready, paint };
}

/** Follows the calls as the page does. */
async function follow({ dir, address }) {
  const answer = await fetch(`${address}api/console/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code: makeCode(dir) }),
  });
  const { key } = await answer.json();
  const socket = new WebSocket(`${address.replace('http', 'ws')}api/console/live`, 'plugmux.console.v1');
  let calls = 0;
  await new Promise((resolve, reject) => {
    socket.on('error', reject).on('close', () => reject(new Error('the live channel was closed')));
    socket.on('open', () => socket.send(JSON.stringify({ type: 'start', key, want: ['calls', 'tally'], notices: false })));
    socket.on('message', (data) => {
      for (const { type, n = 1 } of JSON.parse(data)) {
        if (type === 'hello') resolve();
        if (type === 'call' || type === 'calls.skipped') calls += n;
      }
    });
  });
  return { calls: () => calls, close: () => socket.terminate() };
}

/** One gateway of each kind; bursts of calls alternate between them. */
async function measure(browser) {
  const rows = [];
  let live;
  try {
    for (const name of [NEVER, 'console was used', 'calls are followed']) rows.push({ name, cpu: 0, visited: {}, ...(await start()) });
    const [, used, followed] = rows;
    for (const row of [used, followed]) row.visited = await visit(browser, row);
    live = await follow(followed);
    for (const row of rows) await load(row, WARM_UP);
    for (let burst = 0; burst < BURSTS; burst++) {
      for (const row of burst % 2 === 0 ? rows : [...rows].reverse()) {
        const before = cpuOf(row.server.child.pid);
        await load(row, CALLS);
        row.cpu += cpuOf(row.server.child.pid) - before;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LAST_MESSAGE_MS));
    if (live.calls() < CALLS * BURSTS) throw new Error(`only ${live.calls()} calls were seen`);
    return rows.map(({ name, cpu, visited, server }) => ({
      name,
      cpu: (cpu / (CALLS * BURSTS)) * 1e6,
      memory: memoryOf(server.child.pid).own,
      ...visited,
    }));
  } finally {
    live?.close();
    for (const { server, dir } of rows) {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

/** Undefined without a browser. */
export async function measureConsole(rounds) {
  const executablePath = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
  if (executablePath === '') return undefined;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const results = [];
    for (let round = 0; round < rounds; round++)
      for (const { name, ...figures } of await measure(browser)) {
        const row = results.find((one) => one.name === name) ?? results[results.push({ name, reference: NEVER, rounds: [] }) - 1];
        row.rounds.push(figures);
      }
    return results;
  } finally {
    await browser.close();
  }
}
