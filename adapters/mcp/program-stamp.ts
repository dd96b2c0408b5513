import { readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import type { ServerEntry } from './entry.ts';

const CODE = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.py', '.rb', '.php', '.lua', '.jar', '.sh']);
const MAX_FILES = 200;

/**
 * A stamp of the program files in an entry and of the code files next to them: sizes and modification times. Packages that
 * npx, uvx or docker fetch are not covered.
 */
export function stampOf({ server }: ServerEntry): { readonly stamp?: string } {
  if (server.kind !== 'stdio') return {};
  const { command, args, cwd } = server;
  const marks = [command, ...args].flatMap((word, i) => {
    if (!word.includes('/') && !CODE.has(extname(word))) return [];
    const path = resolve(cwd, word);
    if (CODE.has(extname(path))) return marksIn(dirname(path));
    return i === 0 ? markOf(path) : [];
  });
  return marks.length === 0 ? {} : { stamp: marks.join(' ') };
}

function marksIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => CODE.has(extname(name)));
    return names
      .sort()
      .slice(0, MAX_FILES)
      .flatMap((name) => markOf(join(folder, name)));
  } catch {
    return [];
  }
}

function markOf(path: string): string[] {
  try {
    const stat = statSync(path);
    return stat.isFile() ? [`${stat.size}:${stat.mtimeMs}`] : [];
  } catch {
    return [];
  }
}
