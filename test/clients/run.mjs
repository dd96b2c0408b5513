// npm run clients
// Drives real clients through the gateway, each with a scripted model of its provider on loopback. Required behaviour is
// checked, data that a client drops are recorded: `--write` puts that into the table of README.md. `--only <id>` runs
// one client, `--fetch` only downloads. If the machine allows it, everything except downloads runs in a network namespace with loopback only.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { claudeCode } from './agents/claude-code.mjs';
import { codex } from './agents/codex.mjs';
import { copilotCli } from './agents/copilot-cli.mjs';
import { geminiCli } from './agents/gemini-cli.mjs';
import { opencode } from './agents/opencode.mjs';
import { judgeAgent } from './judge.mjs';
import { judgePlain } from './judge-plain.mjs';
import { PLAIN } from './plain/clients.mjs';
import { fetchClient, fetchNode } from './programs.mjs';
import { printTable, writeTable } from './table.mjs';

const AGENTS = [opencode, copilotCli, claudeCode, codex, geminiCli];
const CLIENTS = [...AGENTS, ...PLAIN];
const AT_ONCE = 2;
const ISOLATE = ['unshare', '-rn', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    fetch: { type: 'boolean', default: false },
    fetched: { type: 'string' },
  },
});
if (flags.only !== undefined && flags.write) throw new Error('--write needs all clients: remove --only.');
const clients = CLIENTS.filter(({ id }) => (flags.only ?? id).split(',').includes(id));

if (flags.fetch) console.log(await fetchAll());
else if (flags.fetched === undefined) {
  const reasons = JSON.stringify(await fetchAll());
  const [command, ...args] = [...isolation(), process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(command, [...args, '--fetched', reasons], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
} else await judgeAll(JSON.parse(flags.fetched));

/** Installs missing clients; returns the reason for each that is unavailable. */
async function fetchAll() {
  const forAll = await fetchNode();
  const reasons = await Promise.all(clients.map(async (client) => [client.id, forAll ?? (await fetchClient(client))]));
  return Object.fromEntries(reasons.filter(([, reason]) => reason !== undefined));
}

/** The command prefix for a network with loopback only, if it works here. */
function isolation() {
  const works = spawnSync(ISOLATE[0], [...ISOLATE.slice(1), 'true']).status === 0;
  if (!works) console.log('without a network namespace: this machine does not allow one');
  return works ? ISOLATE : [];
}

async function judgeAll(missing) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  const skips = clients.filter(({ id }) => missing[id] !== undefined);
  const runs = clients
    .filter((client) => !skips.includes(client))
    .flatMap((client) => client.transports.map((transport) => ({ client, transport })));
  const reports = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = runs.shift(); next !== undefined; next = runs.shift()) {
        const started = performance.now();
        const judge = AGENTS.includes(next.client) ? judgeAgent : judgePlain;
        const report = await judge(next.client, next.transport);
        reports.push({ ...next, ...report });
        const seconds = ((performance.now() - started) / 1_000).toFixed(1);
        console.log(`${report.title}: ${report.passed} passed, ${report.faults.length} failed, ${seconds} s`);
      }
    }),
  );
  const of = (group) =>
    group
      .flatMap((client) =>
        client.transports.map((transport) => reports.find((one) => one.client === client && one.transport === transport)),
      )
      .filter(Boolean);
  const tables = { agents: of(AGENTS), plain: of(PLAIN) };
  for (const [name, seen] of Object.entries(tables)) {
    if (seen.length > 0) printTable(seen);
    if (flags.write) writeTable(name, seen);
  }
  conclude(reports, skips, missing);
}

function conclude(reports, skips, missing) {
  const faults = reports.flatMap((report) => report.faults);
  // A developer's machine may lack a client; CI needs all of them.
  for (const { id, title } of skips) {
    if (process.env.CI) faults.push(`${title}: ${missing[id]}`);
    else console.log(`skipped: ${title}: ${missing[id]}`);
  }
  for (const fault of faults) console.log(`failed: ${fault.replaceAll('\n', ' ')}`);
  const passed = reports.reduce((sum, report) => sum + report.passed, 0);
  const skipped = process.env.CI || skips.length === 0 ? '' : `, ${skips.length} skipped`;
  console.log(`${passed} passed, ${faults.length} failed${skipped}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
