import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { ToolContext } from '@talos/server/plugins';

/** The notes' folder, and a check that a relative path stays inside it. */
export async function notesRoot({ config, dataDir }: ToolContext): Promise<{ root: string; inside(path: string): string }> {
  const wanted = config.root ? resolve(config.root) : join(dataDir, 'notes');
  await mkdir(wanted, { recursive: true });
  const root = await realpath(wanted);
  const inside = (path: string): string => {
    const within = relative(root, resolve(root, path));
    if (within.split(sep)[0] === '..' || resolve(root, within) !== resolve(root, path))
      throw new Error(`${path} is outside the notes folder.`);
    return within.split(sep).join('/');
  };
  return { root, inside };
}

/** The file of a note. Its real path, with symbolic links resolved, must be inside the notes' folder. */
export async function noteFile(context: ToolContext, path: string): Promise<{ file: string; name: string }> {
  const { root, inside } = await notesRoot(context);
  const named = extname(path) === '' ? `${path}.md` : path;
  const name = inside(named);
  if (name === '' || name.split('/').some((part) => part.startsWith('.'))) throw new Error(`${path} is not a valid note name.`);
  const file = join(root, name);
  const real = await realPathOf(file);
  if (real !== root && !real.startsWith(root + sep)) throw new Error(`${path} is outside the notes folder.`);
  return { file, name };
}

// The real path of a file that may not exist yet: its nearest existing parent's, plus the rest.
async function realPathOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const parent = dirname(file);
    return parent === file ? file : join(await realPathOf(parent), basename(file));
  }
}
