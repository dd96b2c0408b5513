import { lstat, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** Paths of files, or of folders with their contents. */
export interface Reach {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Several reaches; a path must be allowed by all of them. */
export type Reaches = readonly Reach[];

/** Returns a function that resolves a path and its symbolic links, and rejects it unless every list contains it. */
export function createReach(reaches: Reaches, workingDir: string): (path: unknown, kind: keyof Reach) => Promise<string> {
  const toPath = (path: unknown): string => {
    if (typeof path !== 'string' || path === '' || path.includes('\0')) throw outOfReach(path);
    return resolve(workingDir, path.replace(/^~(?=\/|$)/, homedir()));
  };
  return async (path, kind) => {
    const real = await realOf(toPath(path));
    for (const lists of reaches) {
      const roots = await Promise.all(lists[kind].map((root) => realOf(toPath(root))));
      if (!roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep))) throw outOfReach(path);
    }
    return real;
  };
}

/** The result, or `nothing` if there is no such file. */
export async function orNothing<T>(what: Promise<T>, nothing: T): Promise<T> {
  try {
    return await what;
  } catch (error) {
    if (isAbsent(error)) return nothing;
    throw error;
  }
}

/** File access for a tool, limited to paths that it declared and its caller's profile allows. */
export function createScopedFs(reaches: Reaches, workingDir: string): object {
  const reach = createReach(reaches, workingDir);
  const entries = async (dir: unknown) => orNothing(readdir(await reach(dir, 'read'), { withFileTypes: true }), []);
  return {
    read: async (path: unknown) => readFile(await reach(path, 'read'), 'utf8'),
    readBytes: async (path: unknown) => new Uint8Array(await readFile(await reach(path, 'read'))),
    write: async (path: unknown, content: string | Uint8Array) => writeFile(await reach(path, 'write'), content),
    exists: async (path: unknown) =>
      orNothing(
        stat(await reach(path, 'read')).then(() => true),
        false,
      ),
    list: async (dir: unknown) => (await entries(dir)).map((entry) => entry.name).sort(),
    listEntries: async (dir: unknown) =>
      (await entries(dir)).map((entry) => ({ name: entry.name, isDir: entry.isDirectory() })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    mtime: async (path: unknown) =>
      orNothing(
        stat(await reach(path, 'read')).then(({ mtimeMs }) => mtimeMs as number | null),
        null,
      ),
    mkdir: async (dir: unknown) => void (await mkdir(await reach(dir, 'write'), { recursive: true })),
  };
}

// Resolves a path that may not exist yet, by its nearest existing parent folder.
async function realOf(path: string): Promise<string> {
  const rest: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(await realpath(at), ...rest);
    } catch (error) {
      // A broken symbolic link could be pointed anywhere later.
      if (!isAbsent(error) || (await isLink(at)) || dirname(at) === at) throw outOfReach(path);
      rest.unshift(basename(at));
    }
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function outOfReach(path: unknown): Error {
  return Object.assign(new Error(`PATH_NOT_REACHABLE: ${String(path)} is outside the paths that the tool may access.`), {
    code: 'PATH_NOT_REACHABLE',
  });
}
