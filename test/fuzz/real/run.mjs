import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ERROR_CODES } from '../../../dist/src/core/error-codes.js';
import { createClient } from '../../torture/clients/open.mjs';
import { sing } from '../../torture/oracle/canary.mjs';
import { call } from '../../torture/oracle/judge.mjs';
import { Oracle } from '../../torture/oracle/oracle.mjs';
import { compare, measure, settled } from '../../torture/oracle/settle.mjs';
import { Gateway } from '../../torture/world/gateway.mjs';

const WARM_UP = 20;
const BACK_MS = 10_000;
const NOT_THERE = ['PLUGIN_UNAVAILABLE', 'UNKNOWN_TOOL'];
const LIMITS = {
  restartMinMs: 1,
  restartMaxMs: 20,
  circuitFailures: 1000,
  callTimeoutMs: 5_000,
  stopGraceMs: 300,
  failedLoginsPerMinute: 100_000,
};
const TALOS = (id, name, args) => ({
  id,
  name: id,
  description: '',
  version: '1.0.0',
  functions: [{ name, description: name, parameters: { type: 'object', properties: args } }],
});

/** The plugin that the canary calls, healthy and in a process of its own. */
const CANARY = {
  'canary/manifest.json': JSON.stringify(TALOS('canary', 'echo', { message: { type: 'string' } })),
  'canary/index.ts': 'export const handlers = { echo: async ({ message }: { message: string }) => message };',
};

/**
 * Sends lines to a gateway process of its own through a real plugin or server, one call each, and reads O1 to O5 once, after the batch.
 * `plugins` and `files` are what sends them, `tool` is the public name of the tool that sends its argument `line`, `groups` how many
 * processes that takes besides the canary's. Returns what was broken, or counts.
 */
export async function fuzzReal({ plugins = {}, servers = {}, files = {}, tool, lines, groups = 1 }) {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-fuzz-'));
  const mark = randomUUID();
  const tokens = { ada: randomUUID(), bob: randomUUID(), admin: randomUUID() };
  for (const [name, text] of Object.entries({ ...CANARY, ...files })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const file = join(dir, 'mcp.json');
  const marked = (entries) =>
    Object.fromEntries(
      Object.entries(entries).map(([id, entry]) => [id, { approval: 'allow', ...entry, env: { ...entry.env, TORTURE_RUN: mark } }]),
    );
  const auth = {
    tokens: Object.entries(tokens).map(([principal, token]) => ({
      token,
      principal,
      ...(principal === 'admin' ? { scopes: ['admin'] } : {}),
    })),
  };
  writeFileSync(
    file,
    JSON.stringify({
      plugins: marked({ ...plugins, canary: { path: './canary' } }),
      ...(Object.keys(servers).length > 0 ? { mcpServers: marked(servers) } : {}),
      auth,
      limits: LIMITS,
    }),
  );
  const oracle = new Oracle(new AbortController().signal);
  const world = { dir, file, mark, tokens, groups: groups + 1 };
  oracle.forbid([tokens.ada, tokens.bob, tokens.admin], [dir]);
  const gateway = new Gateway(world, oracle);
  const run = { world, gateway, oracle };
  const may = Object.keys(ERROR_CODES);
  const report = {};
  try {
    await gateway.start();
    const { pid } = gateway;
    const send = async (some) => {
      const client = createClient('http', 'fuzz', run, 'ada');
      if (!(await client.open())) return oracle.fail('O5', 'nobody can connect');
      for (const line of some) {
        if (oracle.broken) break;
        report.last = line;
        // A line that found its process on the way back is sent again.
        const until = performance.now() + BACK_MS;
        let code;
        do {
          const reply = await call(client, tool, { line }, { may, own: true });
          code = (reply?.result?._meta?.['plugmux/error'] ?? reply?.error?.data)?.code;
          client.owed.check();
        } while (NOT_THERE.includes(code) && performance.now() < until && !oracle.broken);
      }
      await client.close();
    };
    const rest = async () => {
      const why = await settled(run);
      if (why !== undefined) oracle.fail('O3', `it does not come to rest: ${why}`);
    };
    await send(lines.slice(0, WARM_UP));
    await rest();
    if (!oracle.broken) report.before = await measure(gateway);
    let over = false;
    const bird = createClient('ws', 'canary', run, 'bob');
    const song = sing(bird, () => over || oracle.broken !== undefined);
    await send(lines);
    over = true;
    report.canary = await song;
    await bird.close();
    if (!oracle.broken) await rest();
    if (!oracle.broken) report.end = await compare(gateway, report.before, oracle);
    if (!gateway.alive || gateway.pid !== pid) oracle.fail('O5', 'the gateway ended');
    if (!oracle.broken && (await gateway.stop('SIGTERM')) !== 0) oracle.fail('O5', 'asked to end, the gateway did not end in order');
  } catch (error) {
    oracle.fail('O5', `the run itself failed: ${error.stack}`);
  } finally {
    await gateway.end();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  return {
    broken: oracle.broken && { ...oracle.broken, last: report.last, log: gateway.log(20) },
    counts: oracle.counts,
    canary: report.canary,
  };
}
