import { sing } from './canary.mjs';
import { createClient } from './clients/open.mjs';
import { repair, strike } from './faults.mjs';
import { Gateway } from './gateway.mjs';
import { echo } from './judge.mjs';
import { work } from './load.mjs';
import { Oracle } from './oracle.mjs';
import { sleep, within } from './processes.mjs';
import { createRandom } from './random.mjs';
import { compare, measure, settled } from './settle.mjs';
import { createWorld } from './world.mjs';

const CROWD = ['http', 'http-modern', 'ws', 'ws-modern', 'sse', 'http', 'http-modern', 'ws', 'ws-modern', 'sse', 'http', 'ws-modern'];

const limitsFor = (seconds) => ({
  callTimeoutMs: 5_000,
  queueMs: 5_000,
  // A client that reuses a connection just when it is closed for idleness loses its request, as HTTP has it.
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
export async function torture({ seed, seconds, stdio }) {
  const oracle = new Oracle();
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
    // The same work once without faults: what is compiled and cached on first use is no leak.
    await phase(run, { seed: `${seed} warm-up`, seconds: Math.min(20, seconds / 4), clients, faults: false });
    for (const client of clients) await client.close();
    const idle = await settled(gateway);
    if (idle !== undefined) oracle.fail('O3', `it does not come to rest before any fault: ${idle}`);
    report.before = await measure(gateway);
    if (!oracle.broken) report.canary = await phase(run, { seed, seconds, clients, faults: true });
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

async function phase(run, { seed, seconds, clients, faults }) {
  const { oracle } = run;
  const end = performance.now() + seconds * 1000;
  const over = () => oracle.broken !== undefined || performance.now() > end;
  run.over = over;
  void run.gateway.exited.then((how) => over() || oracle.fail('O5', `the gateway ended with ${how}`));
  const bird = createClient('ws', `canary-${faults ? 2 : 1}`, run, 'bob');
  const song = sing(bird, over);
  const busy = [...clients.map((client) => work(client, createRandom(`${seed} ${client.name}`), over))];
  if (faults) busy.push(strike(run, createRandom(`${seed} faults`)));
  // A lost reply would keep its client waiting for ever: what is owed for too long is looked for here.
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

async function finish(run, clients, report) {
  const { gateway, oracle, world } = run;
  repair(run);
  const served = await within(30_000, async () => {
    const { plugins } = await gateway.status();
    return Object.values(plugins).every((state) => state === 'ready');
  });
  if (!served) return oracle.fail('O5', `not every plugin serves again: ${JSON.stringify((await gateway.status()).plugins)}`);
  for (const kind of ['http', 'http-modern', 'sse', 'ws', 'ws-modern']) await healthy(run, kind);
  for (const client of clients) await client.close();
  report.end = await compare(gateway, report.before, oracle);
  if (oracle.broken) return;
  const how = await gateway.stop('SIGTERM');
  if (how !== 0) oracle.fail('O5', `asked to end, the gateway ended with ${how}`);
  if (!(await within(15_000, () => gateway.left().length === 0)))
    oracle.fail('O5', `processes were left behind: ${JSON.stringify(gateway.left())}`);
  oracle.inspectSecrets('the audit log', world.audit());
}

async function healthy(run, kind) {
  const client = createClient(kind, `after-${kind}`, run);
  if (!(await client.open())) return run.oracle.fail('O5', `nobody can connect over ${kind} any more`);
  for (const tool of ['steady_echo', 'inner_echo', 'victim_echo', 'echo']) await echo(client, tool, 50, { may: [] });
  await client.close();
}
