// Builds the project unless all inputs of the build are older than its last output.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['src', 'adapters', 'test/fixtures', '.check', 'package.json', 'package-lock.json', 'tsconfig.json'];
/** The last file that a build writes. */
const MARK = 'dist/mcp.schema.json';

// Includes folders, whose time changes when a file is removed.
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(path).filter((name) => name !== '__pycache__' && name !== 'node_modules');
  return Math.max(stat.mtimeMs, ...inside.map((name) => newest(join(path, name))));
}

const built = statSync(MARK, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (built === 0 || SOURCES.some((path) => newest(path) > built)) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit', shell: process.platform === 'win32' });
  process.exitCode = status ?? 1;
}
