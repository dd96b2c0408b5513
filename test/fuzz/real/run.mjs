import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '../../../dist/src/core/error-codes.js';
import { createClient } from '../../torture/clients/open.mjs';
import { sing } from '../../torture/oracle/canary.mjs';
import { call } from '../../torture/oracle/judge.mjs';
import { Oracle } from '../../torture/oracle/oracle.mjs';
import { compare, measure, settled } from '../../torture/oracle/settle.mjs';
import { Gateway } from '../../torture/world/gateway.mjs';
import { sleep, withEnvironment, within } from '../../torture/world/processes.mjs';

const WARM_UP = 20;
/** Longest wait until a line has been sent; a start takes seconds on a busy machine. */
const SENT_MS = 60_000;
/** A start in progress must not be interrupted. */
const RENEW_MS = 4_000;
/** A tool that disappeared from the list, or was listed with other arguments, is not restored by itself. */
const LOST = ['UNKNOWN_TOOL', 'ARGUMENTS_INVALID'];
const LOST_MS = 300;
/** Longest wait for a line that is sent during a start. */
const START_MS = 4_000;
const SERVER = fileURLToPath(new URL('upstream-server.mjs', import.meta.url));
const LIMITS = {
  restartMinMs: 1,
  restartMaxMs: 20,
  circuitFailures: 1000,
  callTimeoutMs: 5_000,
  stopGraceMs: 300,
  failedLoginsPerMinute: 100_000,
  // If a client uses a connection just as it is closed for being idle, its request is lost.
  keepAliveMs: 60_000,
};
const LAST = { line: '{"jsonrpc":"2.0","method":"notifications/nothing/known"}', phase: 'call' };
const TALOS = (id, name, args) => ({
  id,
  name: id,
  description: '',
  version: '1.0.0',
  functions: [{ name, description: name, parameters: { type: 'object', properties: args } }],
});

/** The plugin of the canary, healthy and in a separate process. */
const CANARY = {
  'canary/manifest.json': JSON.stringify(TALOS('canary', 'echo', { message: { type: 'string' } })),
  'canary/index.ts': 'export const handlers = { echo: async ({ message }: { message: string }) => message };',
};

const codeOf = (reply) => (reply?.result?._meta?.['plugmux/error'] ?? reply?.error?.data)?.code;

/** The size of a file in bytes; a process adds one byte for each line that it sends. */
function sizeOf(file) {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

/** Starts a server at an address, which it prints as its first line. */
async function startServer(kind, env) {
  const child = spawn(process.execPath, [SERVER, kind], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const url = await new Promise((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(String(text).trim()));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { child, entry: { url, type: kind } };
}

/**
 * Sends messages to a gateway process through a real plugin or server, one call each, and checks O1 to O5 once, after the batch.
 * `plugin` is the entry and `files` the files of what sends them; `server` is instead the kind of an upstream server. `tool` is the
 * public name of the tool that takes a message, `messages` are lines, each with the phase in which it is sent. Returns the failure, or
 * counts.
 */
export async function fuzzReal({ plugin, server, files = {}, tool, messages }) {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-fuzz-'));
  const mark = randomUUID();
  const tokens = { ada: randomUUID(), bob: randomUUID(), admin: randomUUID() };
  for (const [name, text] of Object.entries({ ...CANARY, ...files })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const file = join(dir, 'mcp.json');
  const sent = join(dir, 'sent');
  const env = { TORTURE_RUN: mark, FUZZ_SENT: sent };
  const remote = server !== undefined && server !== 'stdio' ? await startServer(server, { FUZZ_SENT: sent }) : undefined;
  const local = { command: process.execPath, args: [SERVER, 'stdio'], env: { ...env, TORTURE_GROUP: 'odd' } };
  const auth = {
    tokens: Object.entries(tokens).map(([principal, token]) => ({
      token,
      principal,
      ...(principal === 'admin' ? { scopes: ['admin'] } : {}),
    })),
  };
  const odd = { approval: 'allow', ...plugin, env: { ...env, TORTURE_GROUP: 'odd' } };
  writeFileSync(
    file,
    JSON.stringify({
      plugins: { ...(plugin ? { odd } : {}), canary: { path: './canary', approval: 'allow', env } },
      ...(server ? { mcpServers: { odd: { approval: 'allow', era: 'legacy', ...(remote?.entry ?? local) } } } : {}),
      auth,
      limits: LIMITS,
    }),
  );
  const oracle = new Oracle(new AbortController().signal);
  const world = { dir, file, mark, tokens, groups: remote ? 1 : 2, env: { SQUADRON_HOME: join(dir, 'squadron') } };
  oracle.forbid([tokens.ada, tokens.bob, tokens.admin], [dir]);
  const gateway = new Gateway(world, oracle);
  const run = { world, gateway, oracle };
  const may = Object.keys(ERROR_CODES);
  const report = {};
  let client;

  // Ends the sender, so that it restarts and offers its tool again.
  const renew = () => {
    if (remote) return remote.child.kill('SIGUSR2');
    const marked = new Set(withEnvironment(`TORTURE_RUN=${mark}`).map(({ pid }) => pid));
    for (const { pid } of withEnvironment('TORTURE_GROUP=odd')) if (marked.has(pid)) end(pid);
  };
  const send = async (some) => {
    for (const message of some) {
      if (oracle.broken) return;
      report.last = message;
      const before = sizeOf(sent);
      const isSent = () => sizeOf(sent) > before || oracle.broken !== undefined;
      const until = performance.now() + SENT_MS;
      const begun = performance.now();
      let renewed = begun;
      for (;;) {
        const reply = await call(client, tool, message, { may, own: true });
        // Lines sent at a start, or as a list, arrive after the reply.
        if (message.phase === 'call' ? isSent() : await within(START_MS, isSent)) break;
        if (performance.now() > until)
          return oracle.fail(
            'O5',
            `what sends the messages did not come back within ${SENT_MS / 1000} s: ${JSON.stringify(reply).slice(0, 300)}`,
          );
        const lost = LOST.includes(codeOf(reply)) && renewed === begun;
        if (performance.now() - renewed > (lost ? LOST_MS : RENEW_MS)) {
          renewed = performance.now();
          renew();
        }
        await sleep(10);
      }
    }
  };
  const rest = async () => {
    const why = oracle.broken ? undefined : await settled(run);
    if (why !== undefined) oracle.fail('O3', `the gateway does not become idle: ${why}`);
  };
  const batch = async (some) => {
    client = createClient('http', 'fuzz', run, 'ada');
    if (!(await client.open())) return oracle.fail('O5', 'connecting fails');
    let done = false;
    const all = send(some).finally(() => {
      done = true;
    });
    // The client would wait indefinitely for a lost reply, so overdue replies are detected here.
    while (!done && !oracle.broken) {
      client.owed.check();
      await Promise.race([all, sleep(1000)]);
    }
    if (oracle.broken) client.drop();
    else await client.close();
    await all;
  };

  try {
    await gateway.start();
    const { pid } = gateway;
    await batch([...messages.slice(0, WARM_UP), LAST]);
    await rest();
    if (!oracle.broken) report.before = await measure(gateway);
    let over = false;
    const bird = createClient('ws', 'canary', run, 'bob');
    const song = sing(bird, () => over || oracle.broken !== undefined);
    const from = sizeOf(sent);
    await batch([...messages, LAST]);
    report.sent = sizeOf(sent) - from;
    over = true;
    report.canary = await song;
    await bird.close();
    await rest();
    if (!oracle.broken) report.end = await compare(gateway, report.before, oracle);
    if (!gateway.alive || gateway.pid !== pid) oracle.fail('O5', 'the gateway ended');
    if (!oracle.broken && (await gateway.stop('SIGTERM')) !== 0) oracle.fail('O5', 'after SIGTERM, the gateway did not exit with 0');
    if (!oracle.broken && !(await within(15_000, () => gateway.left().length === 0)))
      oracle.fail('O5', `processes were left behind: ${JSON.stringify(gateway.left())}`);
  } catch (error) {
    oracle.fail('O5', `the run itself failed: ${error.stack}`);
  } finally {
    await gateway.end();
    remote?.child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  return {
    broken: oracle.broken && { ...oracle.broken, last: report.last, log: gateway.log(20) },
    sent: report.sent ?? 0,
    counts: oracle.counts,
    canary: report.canary,
  };
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has exited meanwhile.
  }
}
