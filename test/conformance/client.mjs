// npm run conformance:client
// Runs the official suite's client scenarios with a gateway as the client of the scenario's server, once for each revision
// that a scenario belongs to. `npm run conformance:client -- auth/dpop` runs the scenarios whose names contain the text.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXPECTED } from './client-expected.mjs';
import { conclude, judge, ROOT, runToEnd } from './judges.mjs';

const FIRST_REVISION = '2025-06-18';
// A suite with fewer checks proves nothing. Many checks are per request, and a slow machine sends more of them.
const LEAST = 730;
const TIMEOUT_MS = 60_000;
const AT_ONCE = 3;

const suite = judge('conformance');
const command = `${process.execPath} ${join(ROOT, 'test/conformance/client-command.mjs')}`;
const dir = mkdtempSync(join(tmpdir(), 'plugmux-conformance-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

/** Every scenario with each revision it belongs to; extensions belong to none. */
async function listRuns() {
  const { stdout } = await runToEnd([...suite, 'list', '--client']);
  return [...stdout.matchAll(/^ {2}- (\S+) \[([^\]]+)\]$/gm)].flatMap(([, scenario, revisions]) =>
    revisions
      .split(',')
      .filter((revision) => revision === 'extension' || revision >= FIRST_REVISION)
      .map((revision) => ({ scenario, revision })),
  );
}

/** Runs one scenario; returns its checks from the suite's record, and the fault of each. */
async function run({ scenario, revision }) {
  const record = join(dir, `${scenario} ${revision}`.replaceAll('/', '-'));
  const at = revision === 'extension' ? [] : ['--spec-version', revision];
  const args = ['client', '--command', command, '--scenario', scenario, ...at, '--timeout', String(TIMEOUT_MS), '-o', record];
  const { code, stderr } = await runToEnd([...suite, ...args]);
  const file = readdirSync(record, { recursive: true }).find((name) => name.endsWith('checks.json'));
  const checks = file === undefined ? [] : JSON.parse(readFileSync(join(record, file), 'utf8'));
  const faults = checks
    .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    .map(({ id, status, errorMessage, description }) => `${id}: ${status} ${errorMessage ?? description ?? ''}`);
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length;
  if (faults.length === 0 && passed === 0) faults.push('nothing was checked');
  if (faults.length === 0 && code !== 0) faults.push(`the suite ended with ${code}`);
  return { passed, faults, told: stderr };
}

const words = process.argv.slice(2);
const runs = (await listRuns()).filter(({ scenario }) => words.length === 0 || words.some((word) => scenario.includes(word)));
const queue = [...runs];
const faults = [];
let passed = 0;
let failed = 0;
const work = async () => {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { scenario, revision } = next;
    const done = await run(next);
    const reason = EXPECTED[scenario] ?? EXPECTED[`${scenario} ${revision}`];
    passed += done.passed;
    failed += done.faults.length;
    console.log(`${scenario} ${revision}: ${done.passed} checks passed, ${done.faults.length} did not${reason ? ` (${reason})` : ''}`);
    if (reason === undefined) {
      faults.push(...done.faults.map((fault) => `${scenario} ${revision} ${fault}`));
      if (done.faults.length > 0) console.log(done.told);
    } else if (done.faults.length === 0) faults.push(`${scenario} ${revision}: passes, and is listed as one that does not`);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, work));
for (const name of Object.keys(EXPECTED)) {
  if (words.length === 0 && !runs.some(({ scenario, revision }) => name === scenario || name === `${scenario} ${revision}`))
    faults.push(`${name}: is listed, and there is no such scenario`);
}
if (words.length === 0 && passed < LEAST) faults.push(`only ${passed} checks passed, fewer than ${LEAST}`);
console.log(`${passed} of ${passed + failed} checks passed in ${runs.length} runs`);
conclude(passed, faults);
