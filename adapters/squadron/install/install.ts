import type { Logger } from '../../../src/core/log.ts';
import { build } from './build.ts';
import { installFolder } from './home.ts';
import { withLock } from './lock.ts';
import { findProgram, type Program } from './runner.ts';

/** Which program, and where it comes from. */
export interface InstallRequest {
  readonly name: string;
  readonly version: string;
  /** A release `github.com/owner/repo`, an absolute path of a source folder, or undefined for what is installed already. */
  readonly source: string | undefined;
  readonly home: string;
}

/** What an install works with. */
export interface InstallContext {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Makes sure that a plugin is installed as its entry says, and says how to run it. */
export async function ensureInstalled(
  { name, version, source, home }: InstallRequest,
  { env, signal, log }: InstallContext,
): Promise<Program> {
  const dir = installFolder(home, name, version);
  if (source !== undefined) {
    await withLock(`${dir}.lock`, signal, () =>
      build(source, dir, { env, signal, heard: (line) => log.info(line), step: (text) => log.info(text) }),
    );
  }
  return findProgram(dir);
}
