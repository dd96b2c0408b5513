// Builds the project in the working folder, unless everything that a build reads is older than what the last one wrote.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['src', 'adapters', 'test/fixtures', '.check', 'package.json', 'package-lock.json', 'tsconfig.json'];
/** The last file that a build writes. */
const MARK = 'dist/mcp.schema.json';

// Folders count as well: theirs is the time at which something was taken out of them.
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
