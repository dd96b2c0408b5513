import { intrude } from './acts/intruder.mjs';
import { createClient } from './clients/open.mjs';
import { call, echo } from './oracle/judge.mjs';
import { Oracle, payload } from './oracle/oracle.mjs';
import { measure } from './oracle/settle.mjs';
import { Gateway } from './world/gateway.mjs';
import { sleep } from './world/processes.mjs';
import { createRandom } from './world/random.mjs';
import { createWorld } from './world/world.mjs';

const KINDS = ['http', 'http-modern', 'sse', 'ws', 'ws-modern', 'stdio', 'stdio-modern'];
const LANES = 4;
const AT_ONCE = 32;

// The load is far above the default limits of one machine; the test is about which client gets which reply.
const LIMITS = {
  callsPerClient: 1_000,
  callsPerPlugin: 10_000,
  calls: 20_000,
  connections: 20_000,
  connectionsLoopback: 20_000,
  sessionsPerPrincipal: 20_000,
  queueMs: 60_000,
  callTimeoutMs: 60_000,
  keepAliveMs: 60_000,
  headerMs: 120_000,
  bodyMs: 120_000,
};

/** Many clients with the same ids and different payloads, transport by transport; other clients try to interfere. */
export async function isolation({ stop, seed, sessions, processes, calls, only }) {
  const oracle = new Oracle(stop);
  const world = createWorld({ limits: LIMITS, plugins: ['canary', 'steady', 'slow', 'inner'] });
  oracle.forbid(world.secrets, [world.dir]);
  const gateway = new Gateway(world, oracle);
  const run = { world, gateway, oracle };
  const rows = [];
  try {
    await gateway.start();
    for (const kind of KINDS) {
      if (oracle.broken || (only !== undefined && !kind.startsWith(only))) continue;
      rows.push(await overOne(run, kind, { seed, calls, sessions: kind.startsWith('stdio') ? processes : sessions }));
    }
    if (!oracle.broken) await squared(run);
  } catch (error) {
    oracle.fail('O5', `the run itself failed: ${error.stack}`);
  } finally {
    await gateway.end();
    world.remove();
  }
  return { oracle, rows, log: gateway.log(40) };
}

async function overOne(run, kind, { seed, sessions, calls }) {
  const { oracle } = run;
  const started = performance.now();
  const clients = Array.from({ length: sessions }, (_, i) => createClient(kind, `${kind}-${i}`, run, i % 2 === 0 ? 'ada' : 'bob'));
  try {
    await inTurns(clients, async (client) => (await client.open()) || oracle.fail('O5', `${client.name} cannot connect`));
    const before = oracle.counts.answers ?? 0;
    let over = false;
    const strangers = intrude(run, clients, () => over);
    await Promise.all(clients.map((client) => talk(client, createRandom(`${seed} ${client.name}`), calls)));
    over = true;
    await strangers;
    const answers = (oracle.counts.answers ?? 0) - before;
    const expected = sessions * LANES * Math.ceil(calls / LANES);
    if (answers !== expected) oracle.fail('O1', `${expected} calls over ${kind} got ${answers} answers`);
    await inTurns(clients, (client) => client.close());
    return { kind, sessions, answers, seconds: (performance.now() - started) / 1000 };
  } finally {
    for (const client of clients) client.drop();
  }
}

/** One session: several concurrent lanes of calls, some of them cancelled. */
async function talk(client, random, calls) {
  const lane = async () => {
    for (let i = 0; i < calls / LANES && !client.oracle.broken; i++) {
      client.owed.check();
      if (random.chance(0.1)) await cancelled(client, random);
      const tool = random.pick(['steady_echo', 'inner_echo', 'echo', 'count']);
      if (tool !== 'count') await echo(client, tool, random.between(20, 2000), { may: [] });
      else await call(client, 'count', { to: 2 }, { text: 'counted to 2', may: [], meta: { progressToken: payload(client.name, i, 0) } });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function cancelled(client, random) {
  const id = client.nextId();
  const reply = call(client, 'slow_wait', { ms: 30_000 }, { id, may: [] });
  await sleep(random.int(10));
  client.cancel(id);
  await reply;
}

async function inTurns(clients, run) {
  const rest = [...clients];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let client = rest.shift(); client; client = rest.shift()) await run(client);
    }),
  );
}

// The gateway's counters: every reply was sent or cancelled, and nothing is pending.
async function squared({ gateway, oracle }) {
  await sleep(200);
  const { replies, sessions, sse, websocket, calls } = await measure(gateway);
  const owed = replies.accepted - replies.sent - replies.cancelled;
  if (owed + sessions + sse + websocket + calls !== 0)
    oracle.fail('O3', `after the run, the gateway still holds ${JSON.stringify({ owed, sessions, sse, websocket, calls })}`);
}
