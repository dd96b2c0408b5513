import { appendFile, chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createReach, orNothing, type Reaches } from './scoped-fs.ts';

interface WriteOptions {
  readonly mode?: number;
}

/** The format's `Storage`: files by absolute path, within the allowed paths. Absent files read as null. */
export function createScopedStorage(reaches: Reaches, workingDir: string): object {
  const reach = createReach(reaches, workingDir);
  const reading = (path: unknown) => reach(path, 'read');
  const writing = (path: unknown) => reach(path, 'write');
  return {
    read: async (path: unknown) => orNothing(readFile(await reading(path), 'utf8') as Promise<string | null>, null),
    readBytes: async (path: unknown) =>
      orNothing(
        readFile(await reading(path)).then((bytes) => new Uint8Array(bytes) as Uint8Array | null),
        null,
      ),
    exists: async (path: unknown) =>
      orNothing(
        stat(await reading(path)).then(() => true),
        false,
      ),
    mtime: async (path: unknown) =>
      orNothing(
        stat(await reading(path)).then(({ mtimeMs }) => mtimeMs as number | null),
        null,
      ),
    list: async (dir: unknown) => (await orNothing(readdir(await reading(dir)), [])).sort(),
    listEntries: async (dir: unknown) =>
      (await orNothing(readdir(await reading(dir), { withFileTypes: true }), [])).map((e) => ({ name: e.name, isDir: e.isDirectory() })),
    write: async (path: unknown, content: string | Uint8Array, options?: WriteOptions) =>
      writeFile(await writing(path), content, modeOf(options)),
    append: async (path: unknown, content: string) => appendFile(await writing(path), content),
    async writeAtomic(path: unknown, content: string | Uint8Array, options?: WriteOptions) {
      const file = await writing(path);
      const part = `${file}.tmp.${process.pid}`;
      await writeFile(part, content, modeOf(options));
      await rename(part, file);
    },
    mkdir: async (dir: unknown) => void (await mkdir(await writing(dir), { recursive: true })),
    remove: async (path: unknown, options?: { recursive?: boolean }) =>
      rm(await writing(path), { recursive: options?.recursive === true, force: true }),
    rename: async (from: unknown, to: unknown) => rename(await writing(from), await writing(to)),
    chmod: async (path: unknown, mode: number) => chmod(await writing(path), mode),
  };
}

function modeOf(options: WriteOptions | undefined): WriteOptions {
  return typeof options?.mode === 'number' ? { mode: options.mode } : {};
}
