import { spawnSync } from 'node:child_process';

const runs = (command: string, args: readonly string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Why tests that need Go cannot run here; undefined if they can, and in CI, where a missing toolchain is a failure. */
export function withoutGo(): string | undefined {
  return process.env.CI !== undefined || runs('go', ['version']) ? undefined : 'needs `go` on PATH';
}

/** The same for tests that install Python packages. */
export function withoutPython(): string | undefined {
  const probe = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  return process.env.CI !== undefined || runs('python3', ['-c', probe]) ? undefined : 'needs Python 3.10 with venv, and PyPI';
}
