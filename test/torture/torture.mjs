import { repair, strike } from './acts/faults.mjs';
import { work } from './acts/load.mjs';
import { createClient } from './clients/open.mjs';
import { sing } from './oracle/canary.mjs';
import { echo } from './oracle/judge.mjs';
import { Oracle } from './oracle/oracle.mjs';
import { compare, measure, settled } from './oracle/settle.mjs';
import { Gateway } from './world/gateway.mjs';
import { sleep, within } from './world/processes.mjs';
import { createRandom } from './world/random.mjs';
import { createWorld } from './world/world.mjs';

const CROWD = ['http', 'http-modern', 'ws', 'ws-modern', 'sse', 'http', 'http-modern', 'ws', 'ws-modern', 'sse', 'http', 'ws-modern'];

const limitsFor = (seconds) => ({
  callTimeoutMs: 5_000,
  queueMs: 5_000,
  // A client that reuses a connection just as it is closed for being idle loses its request; HTTP allows that.
  keepAliveMs: 60_000,
  queuedBytes: 2 * 1024 * 1024,
  circuitFailures: 1_000,
  restartMaxMs: 1_000,
  unresponsiveMs: 5_000,
  hungMs: 8_000,
  headerMs: 2_000,
  bodyMs: 4_000,
  failedLoginsPerMinute: 100_000,
  sessionsPerPrincipal: 10_000,
  sessionIdleMs: seconds < 60 ? 2_000 : 10_000,
});

/** Mixed load under faults for some seconds, then the oracle. Returns what a report needs. */
export async function torture({ stop, seed, seconds, stdio }) {
  const oracle = new Oracle(stop);
  const world = createWorld({ limits: limitsFor(seconds) });
  oracle.forbid(world.secrets, [world.dir]);
  const gateway = new Gateway(world, oracle);
  const run = { world, gateway, oracle, calm: seconds < 60 ? 250 : 800, over: () => true };
  const crowd = [...CROWD, ...Array.from({ length: stdio }, (_, i) => (i % 2 === 0 ? 'stdio' : 'stdio-modern'))];
  let clients = [];
  gateway.alsoWatch(() => clients.flatMap(({ pid }) => pid ?? []));
  const report = { seed, seconds };
  try {
    await gateway.start();
    clients = crowd.map((kind, i) => createClient(kind, `${kind}-${i}`, run, i % 2 === 0 ? 'ada' : 'bob'));
    // A warm-up: code loaded, compiled and cached on first use is not a leak.
    await phase(run, { name: 'warm-up', seed: `${seed} warm-up`, seconds: Math.min(40, seconds / 2), clients });
    if (!oracle.broken) await rest(run, clients);
    if (!oracle.broken) report.before = await measure(gateway);
    if (!oracle.broken) report.canary = await phase(run, { name: 'torture', seed, seconds, clients });
    if (!oracle.broken) await finish(run, clients, report);
  } catch (error) {
    oracle.fail('O5', `the run itself failed: ${error.stack}`);
  } finally {
    for (const client of clients) client.drop();
    await gateway.end();
    world.remove();
  }
  return { ...report, oracle, log: gateway.log(40) };
}

async function phase(run, { name, seed, seconds, clients }) {
  const { oracle } = run;
  const end = performance.now() + seconds * 1000;
  const over = () => oracle.broken !== undefined || performance.now() > end;
  run.over = over;
  void run.gateway.exited.then((how) => over() || oracle.fail('O5', `the gateway ended with ${how}`));
  const bird = createClient('ws', `canary-${name}`, run, 'bob');
  const song = sing(bird, over);
  const busy = [
    ...clients.map((client) => work(client, createRandom(`${seed} ${client.name}`), over)),
    strike(run, createRandom(`${seed} faults`)),
  ];
  // A client would wait indefinitely for a lost reply, so overdue replies are detected here.
  const waiting = Promise.all([...busy, song]);
  let done = false;
  void waiting.then(() => {
    done = true;
  });
  while (!done && !oracle.broken) {
    for (const client of clients) client.owed.check();
    await Promise.race([waiting, sleep(1000)]);
  }
  const times = oracle.broken ? undefined : await song;
  await bird.close();
  return times;
}

/** Repairs what was broken, closes the clients, and waits until every plugin serves and the gateway is idle. */
async function rest(run, clients) {
  const { oracle } = run;
  repair(run);
  for (const client of clients) await client.close();
  const why = await settled(run);
  if (why !== undefined) return oracle.fail('O3', `the gateway does not become idle: ${why}`);
  for (const kind of ['http', 'http-modern', 'sse', 'ws', 'ws-modern']) await healthy(run, kind);
  const still = await settled(run);
  if (still !== undefined) oracle.fail('O3', `the gateway does not become idle: ${still}`);
}

async function finish(run, clients, report) {
  const { gateway, oracle, world } = run;
  await rest(run, clients);
  if (!oracle.broken) report.end = await compare(gateway, report.before, oracle);
  if (oracle.broken) return;
  const how = await gateway.stop('SIGTERM');
  if (how !== 0) oracle.fail('O5', `after SIGTERM, the gateway ended with ${how}`);
  if (!(await within(15_000, () => gateway.left().length === 0)))
    oracle.fail('O5', `processes were left behind: ${JSON.stringify(gateway.left())}`);
  oracle.inspectSecrets('the audit log', world.audit());
}

async function healthy(run, kind) {
  const client = createClient(kind, `after-${kind}`, run);
  if (!(await client.open())) return run.oracle.fail('O5', `connecting over ${kind} fails`);
  for (const tool of ['steady_echo', 'inner_echo', 'victim_echo', 'echo']) await echo(client, tool, 50, { may: [] });
  await client.close();
}
