import { existsSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { PluginStore } from '../../../src/core/contract/plugin-store.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { ProxySetting } from '../../../src/core/proxy.ts';
import { withLock } from '../../../src/host/process/lock.ts';
import type { ReleaseHosts } from '../options.ts';
import { build } from './build.ts';
import { forgetDigest, recordDigest, verifyDigest } from './digest.ts';
import { installFolder, PROGRAM } from './home.ts';
import { installRelease, parseRelease } from './release.ts';
import { stopped, type ToolContext } from './run-tool.ts';
import { findProgram, hasEntry, type Program, readRunner } from './runner.ts';

/** The plugin to install and its source. */
export interface InstallRequest {
  readonly name: string;
  readonly version: string;
  /** A release `github.com/owner/repo`, the absolute path of a source folder, or undefined if it is already installed. */
  readonly source: string | undefined;
  readonly home: string;
  readonly releases: ReleaseHosts;
}

/** Context of an install. */
export interface InstallContext extends ToolContext {
  /** Store of release digests. */
  readonly keep: PluginStore;
  /** The `proxy` at the top of mcp.json. */
  readonly proxy?: ProxySetting;
  /** Maximum time without data during a download, in milliseconds. */
  readonly stallMs?: number;
}

/** Installs a plugin if needed and returns its program. A lock file prevents concurrent installs. */
export async function ensureInstalled(request: InstallRequest, context: InstallContext): Promise<Program> {
  const { name, version, source, home } = request;
  const dir = installFolder(home, name, version);
  if (source === undefined) return findProgram(dir);
  if (isAbsolute(source)) {
    await withLock(`${dir}.lock`, { signal: context.signal, stopped }, () => build(source, dir, context)).catch((error) => {
      throw asBuildFailure(name, error);
    });
    return findProgram(dir);
  }
  await withLock(`${dir}.lock`, { signal: context.signal, stopped }, () => ensureRelease(request, source, dir, context));
  return findProgram(dir);
}

async function ensureRelease({ version, releases }: InstallRequest, source: string, dir: string, context: InstallContext): Promise<void> {
  const { keep, step } = context;
  if (isInstalled(dir)) return verifyDigest(dir, keep, () => step(`${dir} was installed by another host; its digest is recorded now`));
  const release = parseRelease(source, version);
  // Remove leftovers of an interrupted install.
  rmSync(dir, { recursive: true, force: true });
  forgetDigest(dir, keep);
  const hosts = new Set([new URL(releases.api).host, new URL(releases.download).host]);
  const { signal, stallMs, proxy } = context;
  step(`installing ${source} ${version}`);
  await installRelease(release, dir, releases, { hosts, proxy, signal, log: step, ...(stallMs === undefined ? {} : { stallMs }) }, context);
  await recordDigest(dir, keep);
}

function isInstalled(dir: string): boolean {
  const runner = readRunner(dir);
  return runner ? hasEntry(dir, runner) : existsSync(join(dir, PROGRAM));
}

function asBuildFailure(name: string, error: unknown): unknown {
  if (!(error instanceof GatewayError) || error.code !== 'PLUGIN_FAILED') return error;
  return new GatewayError('PLUGIN_FAILED', `plugin "${name}": build failed: ${error.message}`, {
    ...error.details,
    plugin: name,
    cause: error,
  });
}
