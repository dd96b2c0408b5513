import { createHash, type Hash } from 'node:crypto';
import { createReadStream, type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { PythonPackages } from '../../core/contract/member.ts';
import { GatewayError, toError } from '../../core/errors.ts';

/** Packages of an environment. */
export interface Requirements {
  /** Requirements in the configuration. */
  readonly names: readonly string[];
  /** A requirements file. */
  readonly file: string | undefined;
  /** Hash over the requirements, the text of files, and the content of local packages. */
  readonly digest: string;
}

const LIST = /^(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s*)(.+)$/;
const EDITABLE = /^(?:-e|--editable)(?:\s*=\s*|\s+)/;
const ARCHIVE = /\.(?:whl|zip|tar\.(?:gz|bz2|xz)|tgz)$/i;
// Build output in a package's folder, and names that never belong to a package.
const BUILD = 'build';
const SKIPPED = /^(?:\..*|__pycache__|node_modules|.*\.egg-info)$/;

/** Reads everything that determines the content of an environment. Throws CONFIG_INVALID or ENTRY_NOT_FOUND. */
export async function readRequirements({ install = [], requirements: file }: PythonPackages): Promise<Requirements> {
  const hash = createHash('sha256');
  for (const name of install) {
    if (name.startsWith('-')) {
      throw new GatewayError('CONFIG_INVALID', `"install" contains "${name}", which pip would interpret as an option.`, {
        fix: 'Use the form <package>==<version>.',
      });
    }
    hash.update(`${name}\n`);
    await addLocal(hash, name, '');
  }
  if (file !== undefined) await addList(hash, file, dirname(file), new Set());
  return { names: install, file, digest: hash.digest('hex') };
}

// As in pip: nested lists are relative to the including file, packages to the working folder.
async function addList(hash: Hash, file: string, cwd: string, seen: Set<string>): Promise<void> {
  if (seen.has(file)) return;
  seen.add(file);
  const text = readList(file);
  hash.update(`# ${file}\n${text}\n`);
  for (const raw of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const line = raw.replace(/(?:^|\s)#.*$/, '').trim();
    const other = LIST.exec(line)?.[1];
    if (other === undefined) await addLocal(hash, line.replace(EDITABLE, ''), cwd);
    else if (!/^\w{2,}:/.test(other)) await addList(hash, resolve(dirname(file), other), cwd, seen);
  }
}

function readList(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new GatewayError('ENTRY_NOT_FOUND', `The requirements file "${file}" cannot be read: ${toError(error).message}.`);
  }
}

async function addLocal(hash: Hash, requirement: string, cwd: string): Promise<void> {
  const path = pathOf(requirement, cwd);
  if (path === undefined || !existsSync(path)) return;
  if (!statSync(path).isDirectory()) return addFile(hash, path);
  const walk = async (folder: string, inner: string): Promise<void> => {
    const items = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const item of items) {
      if (SKIPPED.test(item.name) || (inner === '' && item.name === BUILD)) continue;
      const at = join(folder, item.name);
      if (item.isDirectory()) await walk(at, `${inner}${item.name}/`);
      else if (isFile(item, at)) {
        hash.update(`${inner}${item.name}\0${statSync(at).size}\0`);
        await addFile(hash, at);
      }
    }
  };
  await walk(path, '');
}

function isFile(item: Dirent, path: string): boolean {
  return item.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false })?.isFile() === true : item.isFile();
}

async function addFile(hash: Hash, path: string): Promise<void> {
  await pipeline(createReadStream(path), async (chunks) => {
    for await (const chunk of chunks) hash.update(chunk as Buffer);
  });
}

// The path in a requirement, without name, extras and marker.
function pathOf(requirement: string, cwd: string): string | undefined {
  const place = requirement
    .replace(/\s*;.*$/, '')
    .replace(/^[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*/, '')
    .replace(/\[[^\]]*\]$/, '');
  try {
    if (place.startsWith('file:')) return fileURLToPath(place.replace(/[#?].*$/, ''));
  } catch {
    return undefined;
  }
  return /[/\\]/.test(place) || ARCHIVE.test(place) ? resolve(cwd, place) : undefined;
}
