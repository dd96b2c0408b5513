import { spawnSync } from 'node:child_process';

const runs = (command: string, args: readonly string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Why tests that need Go cannot run here; undefined where they can, and in CI, where a missing toolchain is a failure. */
export function withoutGo(): string | undefined {
  return process.env.CI !== undefined || runs('go', ['version']) ? undefined : 'needs `go` on PATH';
}
