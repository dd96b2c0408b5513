// npm run conformance
// Runs the official conformance suite for both requirement sets against the real command line with the fixture plugin
// behind it. Nothing may fail or draw a warning but the scenarios of the Tasks extension, which this gateway does not
// declare.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, fixtureConfig, judge, runToEnd, startGateway } from './judges.mjs';

// `least`: how many checks pass today; a suite that looks at less is no proof.
const SETS = [
  { requirements: '2025-11-25', least: 83 },
  { requirements: '2026-07-28', least: 152 },
];

/** The checks of a run by the suite's own record, which keeps one folder a scenario. */
function checksIn(folder) {
  return readdirSync(folder)
    .map((name) => ({ name: name.replace(/^server-|-\d{4}-\d\d-\d\dT.*$/g, ''), file: join(folder, name, 'checks.json') }))
    .filter(({ name }) => !name.startsWith('tasks-'))
    .flatMap(({ name, file }) => JSON.parse(readFileSync(file, 'utf8')).map((check) => ({ ...check, scenario: name })));
}

const suite = judge('conformance');
const { dir, file } = fixtureConfig(['conformance']);
const gateway = await startGateway(file);

let passed = 0;
const faults = [];
for (const { requirements, least } of SETS) {
  const record = join(dir, requirements);
  const { code, stdout, stderr } = await runToEnd([...suite, 'server', '--url', gateway.url, '--requirements', requirements, '-o', record]);
  const checks = checksIn(record);
  const good = checks.filter(({ status }) => status === 'SUCCESS').length;
  passed += good;
  for (const { scenario, id, status, errorMessage } of checks)
    if (status !== 'SUCCESS' && status !== 'INFO') faults.push(`${requirements} ${scenario} ${id}: ${status} ${errorMessage ?? ''}`);
  if (code !== 0) faults.push(`${requirements}: the suite ended with ${code}\n${stdout}${stderr}`);
  if (good < least) faults.push(`${requirements}: only ${good} checks passed, fewer than ${least}`);
  console.log(`${requirements}: ${new Set(checks.map(({ scenario }) => scenario)).size} scenarios, ${good} checks passed`);
}
await gateway.stop();
conclude(passed, faults);
