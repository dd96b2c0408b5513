import { type Dirent, type Stats, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join } from 'node:path';
import type { Logger } from '../core/log.ts';
import { PACKAGE_ROOT } from '../core/package.ts';
import type { Config } from './config.ts';

/** A file or folder that other users can change or read, with a message and a fix. */
export interface InsecurePlace {
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

const WRITE = 0o022;
const READ = 0o044;
const STICKY = 0o1000;
/** Maximum number of entries checked below one plugin folder: the rest is usually installed packages. */
const MAX_ENTRIES = 2_000;
const MAX_DEPTH = 6;
const SKIPPED = /^(\.|node_modules$|__pycache__$|site-packages$)/;
const RUN = new Set('.js .mjs .cjs .ts .mts .cts .jsx .tsx .py .pyc .so .node .wasm .go .sh .hcl'.split(' '));
const READ_AS_CODE = new Set(['manifest.json', 'package.json', 'pyproject.toml', 'requirements.txt', 'go.mod', 'Makefile']);

/** Finds parts of a configuration and its plugins that others could change, and secret files they could read. Empty on Windows. */
export async function findInsecure(config: Config, plugins: readonly string[]): Promise<InsecurePlace[]> {
  if (process.getuid === undefined) return [];
  const found: InsecurePlace[] = [];
  if (config.file !== undefined) {
    found.push(...(await checkWritable('the configuration', config.file)), ...(await checkParent(config.file)));
  }
  for (const path of new Set(config.files)) found.push(...(await checkSecret(path)));
  const folders = new Set(config.pluginFolders);
  for (const path of folders) found.push(...(await checkWritable('the plugin folder', path)));
  for (const path of await distinct(plugins.filter((path) => isAbsolute(path) && !folders.has(path))))
    found.push(...(await checkPlugin(path)));
  return found;
}

/** Logs each insecure file or folder once, and again after a change. */
export function createPermissionLog(log: Logger): (config: Config, plugins: readonly string[]) => Promise<void> {
  let known = new Set<string>();
  return async (config, plugins) => {
    const found = await findInsecure(config, plugins);
    for (const { message, fix } of found) if (!known.has(message)) log.warn(`${message} ${fix}`, { code: 'INSECURE_PERMISSIONS' });
    known = new Set(found.map(({ message }) => message));
  };
}

async function checkWritable(what: string, path: string): Promise<InsecurePlace[]> {
  const stats = await look(path);
  if (stats === undefined) return [];
  return [...writable(`${what} ${path}`, path, stats), ...foreign(`${what} ${path}`, path, stats)];
}

// A user who can write to the folder can replace the file, unless the sticky bit is set, as on /tmp.
async function checkParent(file: string): Promise<InsecurePlace[]> {
  const folder = dirname(await realpath(file).catch(() => file));
  const stats = await look(folder);
  if (stats === undefined || (stats.mode & 0o002) === 0 || (stats.mode & STICKY) !== 0) return [];
  return writable(`the folder of the configuration ${folder}`, folder, stats);
}

async function checkSecret(path: string): Promise<InsecurePlace[]> {
  const stats = await look(path);
  if (stats === undefined) return [];
  const what = `the file ${path}, which the configuration includes,`;
  const readers = (stats.mode & 0o004) !== 0 ? 'all users' : 'its group';
  const message = `${what} can be read by ${readers} (mode ${octal(stats)}).`;
  if ((stats.mode & READ) !== 0) return [{ path, message: upper(message), fix: `Run: chmod go-rwx ${quoted(path)}` }];
  return [...writable(what, path, stats), ...foreign(what, path, stats)];
}

async function checkPlugin(path: string): Promise<InsecurePlace[]> {
  const own = await checkWritable('the plugin', path);
  if (own.length > 0) return own;
  const files = await writableFiles(path);
  const [first] = files;
  if (first === undefined) return [];
  const count = files.length === 1 ? '' : ` and ${files.length - 1} more`;
  const message = `${first.file}${count} of the plugin ${path} can be changed by ${writers(first.stats)} (mode ${octal(first.stats)}).`;
  return [{ path, message, fix: `Run: chmod -R go-w ${quoted(path)}` }];
}

interface LooseFile {
  readonly file: string;
  readonly stats: Stats;
}

/** Folders and code files below a folder that others can change, by relative path. */
async function writableFiles(root: string): Promise<LooseFile[]> {
  const found: LooseFile[] = [];
  let left = MAX_ENTRIES;
  const walk = async (folder: string, inside: string, depth: number): Promise<void> => {
    for (const entry of await list(folder)) {
      if (--left < 0) return;
      const isFolder = entry.isDirectory();
      const path = join(folder, entry.name);
      const stats = await look(path);
      if (stats === undefined) continue;
      const file = join(inside, entry.name);
      if ((isFolder || runs(entry.name, stats)) && (stats.mode & WRITE) !== 0) found.push({ file, stats });
      if (isFolder && depth < MAX_DEPTH && !SKIPPED.test(entry.name)) await walk(path, file, depth + 1);
    }
  };
  await walk(root, '', 1);
  return found;
}

function runs(name: string, stats: Stats): boolean {
  return stats.isDirectory() || (stats.mode & 0o111) !== 0 || RUN.has(extname(name)) || READ_AS_CODE.has(name);
}

function writable(what: string, path: string, stats: Stats): InsecurePlace[] {
  if ((stats.mode & WRITE) === 0) return [];
  const message = `${upper(what)} can be changed by ${writers(stats)} (mode ${octal(stats)}).`;
  return [{ path, message, fix: `Run: chmod go-w ${quoted(path)}` }];
}

// An owner can change a file regardless of its mode. The owner of the gateway's own files is trusted: they could change these too.
function foreign(what: string, path: string, { uid }: Stats): InsecurePlace[] {
  if (uid === process.getuid?.() || uid === 0 || uid === programOwner()) return [];
  const message = `${upper(what)} belongs to another user (uid ${uid}).`;
  return [{ path, message, fix: `Run: chown ${process.getuid?.()} ${quoted(path)}` }];
}

let owner: { readonly uid: number | undefined } | undefined;

function programOwner(): number | undefined {
  owner ??= { uid: statSync(PACKAGE_ROOT, { throwIfNoEntry: false })?.uid };
  return owner.uid;
}

async function distinct(paths: readonly string[]): Promise<string[]> {
  const found = new Map<string, string>();
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined);
    if (real !== undefined && !found.has(real)) found.set(real, path);
  }
  return [...found.values()];
}

// Follows links, since the target is what runs.
async function look(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

async function list(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

function writers({ mode }: Stats): string {
  return (mode & 0o002) !== 0 ? 'all users' : 'its group';
}

function octal({ mode }: Stats): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
