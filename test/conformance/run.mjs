// npm run conformance
// Runs the official conformance suite for both requirement sets against the real command line with the fixture plugin
// behind it. Nothing may fail or cause a warning, except for the scenarios of the Tasks extension, which this gateway does
// not declare.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, fixtureConfig, judge, ROOT, runToEnd, startGateway } from './judges.mjs';

// `least`: how many checks pass today; a suite with fewer checks proves nothing.
const OLDER = { requirements: '2025-11-25', least: 83 };
const NEWER = { requirements: '2026-07-28', least: 152 };

// A gateway behind the gateway: the same plugin again, as an upstream server. In the older era a server asks questions one
// by one and without keys, which the newer set checks, so that set is not run with it; in the newer era no stream is closed
// for polling, which the older set checks.
const BEHIND = [
  { era: undefined, sets: [{ ...OLDER, least: 80 }, NEWER] },
  { era: 'legacy', sets: [OLDER] },
];

/** The checks of a run from the suite's record, which has one folder per scenario. */
function checksIn(folder) {
  return readdirSync(folder)
    .map((name) => ({ name: name.replace(/^server-|-\d{4}-\d\d-\d\dT.*$/g, ''), file: join(folder, name, 'checks.json') }))
    .filter(({ name }) => !name.startsWith('tasks-'))
    .flatMap(({ name, file }) => JSON.parse(readFileSync(file, 'utf8')).map((check) => ({ ...check, scenario: name })));
}

const suite = judge('conformance');
let passed = 0;
const faults = [];

/** Runs requirement sets against one gateway. */
async function run(gateway, folder, sets, title) {
  for (const { requirements, least } of sets) {
    const record = join(folder, requirements);
    const { code, stdout, stderr } = await runToEnd([
      ...suite,
      'server',
      '--url',
      gateway.url,
      '--requirements',
      requirements,
      '-o',
      record,
    ]);
    const checks = checksIn(record);
    const good = checks.filter(({ status }) => status === 'SUCCESS').length;
    passed += good;
    for (const { scenario, id, status, errorMessage } of checks)
      if (status !== 'SUCCESS' && status !== 'INFO')
        faults.push(`${title}${requirements} ${scenario} ${id}: ${status} ${errorMessage ?? ''}`);
    if (code !== 0) faults.push(`${title}${requirements}: the suite ended with ${code}\n${stdout}${stderr}`);
    if (good < least) faults.push(`${title}${requirements}: only ${good} checks passed, fewer than ${least}`);
    console.log(`${title}${requirements}: ${new Set(checks.map(({ scenario }) => scenario)).size} scenarios, ${good} checks passed`);
  }
}

// The scenarios of the extension for skills are in no set, so each is forced. `least`: checks that pass in each revision.
const SKILLS = ['sep-2640-skills-enumeration', 'sep-2640-skills-manifest', 'sep-2640-skills-directory'];
const SKILL_REVISIONS = [
  { revision: '2025-11-25', least: 43 },
  { revision: '2026-07-28', least: 45 },
];

/** Runs the scenarios for skills against one gateway. */
async function runSkills(gateway, folder, title) {
  for (const { revision, least } of SKILL_REVISIONS) {
    const record = join(folder, `skills-${revision}`);
    for (const scenario of SKILLS) {
      const args = ['server', '--url', gateway.url, '--scenario', scenario, '--spec-version', revision, '--force', '-o', record];
      const { code, stdout, stderr } = await runToEnd([...suite, ...args]);
      if (code !== 0) faults.push(`${title}${scenario} ${revision}: the suite ended with ${code}\n${stdout}${stderr}`);
    }
    const checks = checksIn(record);
    const good = checks.filter(({ status }) => status === 'SUCCESS').length;
    passed += good;
    for (const { scenario, id, status, errorMessage } of checks)
      if (status === 'FAILURE' || status === 'WARNING')
        faults.push(`${title}${revision} ${scenario} ${id}: ${status} ${errorMessage ?? ''}`);
    if (good < least) faults.push(`${title}skills ${revision}: only ${good} checks passed, fewer than ${least}`);
    console.log(`${title}skills ${revision}: ${good} checks passed`);
  }
}

const { dir, file } = fixtureConfig(['conformance']);
const gateway = await startGateway(file);
await run(gateway, dir, [OLDER, NEWER], '');
for (const { era, sets } of BEHIND) {
  const back = { url: gateway.url, schemas: 'verbatim', ...(era ? { era } : {}) };
  const front = await startGateway(fixtureConfig([], { mcpServers: { back } }).file);
  await run(front, join(dir, `behind-${era}`), sets, `behind a gateway, ${era ?? 'any'} era: `);
  await front.stop();
}
await gateway.stop();

const writing = { format: 'skills', path: join(ROOT, 'test/fixtures/skills') };
const library = await startGateway(fixtureConfig([], { plugins: { writing } }).file);
await runSkills(library, dir, '');
const front = await startGateway(fixtureConfig([], { mcpServers: { back: { url: library.url } } }).file);
await runSkills(front, join(dir, 'behind-skills'), 'behind a gateway: ');
await front.stop();
await library.stop();
conclude(passed, faults);
