import { createHash, type Hash } from 'node:crypto';
import { createReadStream, type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { PythonPackages } from '../../core/contract/member.ts';
import { GatewayError, toError } from '../../core/errors.ts';

/** What an environment is to hold. */
export interface Requirements {
  /** Requirements of the configuration itself. */
  readonly names: readonly string[];
  /** A file with further ones. */
  readonly file: string | undefined;
  /** Changes with all of it: with the text of files, and with the content of packages that lie on this machine. */
  readonly digest: string;
}

const LIST = /^(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s*)(.+)$/;
const EDITABLE = /^(?:-e|--editable)(?:\s*=\s*|\s+)/;
const ARCHIVE = /\.(?:whl|zip|tar\.(?:gz|bz2|xz)|tgz)$/i;
// What building leaves in a package's own folder, and what never belongs to it.
const BUILT_ON_TOP = 'build';
const PASSED_OVER = /^(?:\..*|__pycache__|node_modules|.*\.egg-info)$/;

/** Looks at everything that decides what an environment holds. */
export async function readRequirements({ install = [], requirements: file }: PythonPackages): Promise<Requirements> {
  const hash = createHash('sha256');
  for (const name of install) {
    if (name.startsWith('-')) {
      throw new GatewayError('CONFIG_INVALID', `"install" names "${name}", which pip would take for an option.`, {
        fix: 'Write <package>==<version>.',
      });
    }
    hash.update(`${name}\n`);
    await addLocal(hash, name, '');
  }
  if (file !== undefined) await addList(hash, file, dirname(file), new Set());
  return { names: install, file, digest: hash.digest('hex') };
}

// As pip reads them: lists name each other from where they stand, packages are found from the working folder.
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
    throw new GatewayError('ENTRY_NOT_FOUND', `The requirements file ${file} cannot be read: ${toError(error).message}.`);
  }
}

async function addLocal(hash: Hash, requirement: string, cwd: string): Promise<void> {
  const path = pathOf(requirement, cwd);
  if (path === undefined || !existsSync(path)) return;
  if (!statSync(path).isDirectory()) return addFile(hash, path);
  const walk = async (folder: string, inner: string): Promise<void> => {
    const items = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const item of items) {
      if (PASSED_OVER.test(item.name) || (inner === '' && item.name === BUILT_ON_TOP)) continue;
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

// A requirement with a path in it, without its name, its extras and its marker.
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
