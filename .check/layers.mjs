// Checks the layers, and that the check has read every source file, since the tool may silently read none.
import { execFileSync, spawnSync } from 'node:child_process';

const run = spawnSync(
  process.execPath,
  [
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'src',
    'adapters',
  ],
  {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  },
);
if (run.stdout === '') throw new Error(run.stderr);
const { modules, summary } = JSON.parse(run.stdout);
const seen = new Set(modules.map((module) => module.source));
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src/*.ts', 'src/*.tsx', 'adapters/*.ts'], {
  encoding: 'utf8',
})
  .trim()
  .split('\n');
const unseen = files.filter((file) => !seen.has(file));
for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
if (unseen.length > 0) console.error(`not checked: ${unseen.join(', ')}`);
if (files.length < 50) console.error(`only ${files.length} source files were found`);
process.exitCode = summary.violations.length > 0 || unseen.length > 0 || files.length < 50 ? 1 : 0;
