import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** Whether this machine has a Python version that plugins can use. */
export const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0;

/** Tests that need Python: skipped with that reason if it is missing, and failing in CI. */
export function describeWithPython(name: string, body: () => void): void {
  if (hasPython || process.env.CI === 'true') describe(name, body);
  else describe.skip(`${name} (python3 3.10 or later is not installed)`, body);
}
