import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import type { ReleaseHosts } from '../options.ts';
import { extractFromTar, extractFromZip, readFromZip } from './archive.ts';
import { installPython } from './build.ts';
import { type Downloads, fetchFile, fetchText } from './download.ts';
import { PLATFORM, PROGRAM } from './home.ts';
import { onlyScript } from './pyproject.ts';
import type { ToolContext } from './run-tool.ts';
import { writeRunner } from './runner.ts';

const SOURCE = /^github\.com\/([\w.-]+)\/([\w.-]+)$/;
const CHECKSUMS = 'checksums.txt';

/** A release of a plugin. */
export interface Release {
  readonly owner: string;
  readonly repo: string;
  readonly version: string;
}

interface Asset {
  readonly name: string;
  readonly url: string;
}

/** Parses `github.com/owner/repo`. */
export function parseRelease(source: string, version: string): Release {
  const [, owner, repo] = SOURCE.exec(source.replace(/^https:\/\//, '')) ?? [];
  if (owner === undefined || repo === undefined || /^\.+$/.test(owner) || /^\.+$/.test(repo)) {
    throw new GatewayError('CONFIG_INVALID', `source "${source}" is not a release: it must be github.com/owner/repo.`, {
      fix: 'Correct "source".',
    });
  }
  return { owner, repo, version };
}

/** Installs a release into a new folder. A failed install leaves nothing behind. */
export async function installRelease(
  release: Release,
  dir: string,
  hosts: ReleaseHosts,
  downloads: Downloads,
  tools: ToolContext,
): Promise<void> {
  const { owner, repo, version } = release;
  const tag = encodeURIComponent(version);
  const listing = await listAssets(`${hosts.api}/repos/${owner}/${repo}/releases/tags/${tag}`, downloads);
  const wheels = listing.assets.filter(({ name }) => /^[\w.+-]+\.whl$/.test(name));
  const wheel = wheels.find(({ name }) => name.endsWith('-py3-none-any.whl')) ?? wheels[0];
  mkdirSync(dirname(dir), { recursive: true });
  removeStale(dir);
  if (wheel) return installWheel(wheel, listing.assets, dir, downloads, tools);
  await installProgram(release, `${hosts.download}/${owner}/${repo}/releases/download/${tag}`, listing.failure, dir, downloads);
}

async function installProgram(
  { repo }: Release,
  base: string,
  failure: string | undefined,
  dir: string,
  downloads: Downloads,
): Promise<void> {
  const zipped = PLATFORM.os === 'windows';
  const archive = `${repo}_${PLATFORM.os}_${PLATFORM.arch}.${zipped ? 'zip' : 'tar.gz'}`;
  const staging = `${dir}.new-${randomBytes(4).toString('hex')}`;
  mkdirSync(staging, { mode: 0o700 });
  try {
    const sha256 = findChecksum(await fetchText(`${base}/${CHECKSUMS}`, downloads), archive);
    const file = join(staging, archive);
    await fetchFile(`${base}/${archive}`, file, sha256, downloads);
    await (zipped ? extractFromZip : extractFromTar)(file, PROGRAM, join(staging, PROGRAM));
    rmSync(file);
    writeRunner(staging, { kind: 'go', entry: PROGRAM });
    renameSync(staging, dir);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (failure === undefined || !(error instanceof GatewayError)) throw error;
    throw new GatewayError(error.code, `${error.message} Reading the release's file list also failed: ${failure}`, {
      ...error.details,
      cause: error,
    });
  }
}

// Removes leftovers of interrupted installs. The caller holds the lock.
function removeStale(dir: string): void {
  const parent = dirname(dir);
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${basename(dir)}.new-`)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

// Scripts of a virtual environment contain its path, so it is created in place and runner.json is written last.
async function installWheel(wheel: Asset, assets: readonly Asset[], dir: string, downloads: Downloads, tools: ToolContext): Promise<void> {
  const list = assets.find(({ name }) => name === CHECKSUMS);
  if (!list) {
    throw new GatewayError('CHECKSUM_MISMATCH', `The release has ${wheel.name} but no ${CHECKSUMS}, so it cannot be verified.`, {
      fix: 'Ask the publisher to add it, or use another version.',
    });
  }
  const sha256 = findChecksum(await fetchText(list.url, downloads), wheel.name);
  mkdirSync(dir, { mode: 0o700 });
  try {
    const file = join(dir, wheel.name);
    await fetchFile(wheel.url, file, sha256, downloads);
    const entryPoints = await readFromZip(file, /^[^/]+\.dist-info\/entry_points\.txt$/);
    const script = onlyScript(consoleScripts(entryPoints ?? ''), `[console_scripts] of ${wheel.name}`);
    const entry = await installPython(file, script, dir, tools);
    rmSync(file);
    writeRunner(dir, { kind: 'python', entry });
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

async function listAssets(url: string, downloads: Downloads): Promise<{ assets: readonly Asset[]; failure?: string }> {
  try {
    const release: unknown = JSON.parse(await fetchText(url, downloads));
    const assets = isJsonObject(release) && Array.isArray(release.assets) ? release.assets : [];
    return {
      assets: assets.flatMap((asset) =>
        isJsonObject(asset) && typeof asset.name === 'string' && typeof asset.browser_download_url === 'string'
          ? [{ name: asset.name, url: asset.browser_download_url }]
          : [],
      ),
    };
  } catch (error) {
    if (downloads.signal.aborted) throw error;
    // Go programs are found without the list.
    return { assets: [], failure: (error as Error).message };
  }
}

/** Returns the sha256 of one file in a checksum list. Throws CHECKSUM_MISMATCH if it is missing. */
export function findChecksum(list: string, name: string): string {
  for (const line of list.split('\n')) {
    const [sum = '', file, ...rest] = line.trim().split(/\s+/);
    if (file === name && rest.length === 0 && /^[0-9a-f]{64}$/i.test(sum)) return sum;
  }
  throw new GatewayError('CHECKSUM_MISMATCH', `${CHECKSUMS} has no sha256 of ${name}, so it cannot be verified.`, {
    fix: 'Ask the publisher, or use another version.',
  });
}

function consoleScripts(text: string): string[] {
  const names: string[] = [];
  let section = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const header = /^\[(.+)\]$/.exec(line);
    if (header) section = header[1] as string;
    else if (section === 'console_scripts' && line.includes('=') && !/^[#;]/.test(line)) names.push((line.split('=')[0] as string).trim());
  }
  return names;
}
