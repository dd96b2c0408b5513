import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { GatewayError } from '../../src/core/errors.ts';

/**
 * Where a source named in a file lies: below the file's folder, or below the project's root where it begins with `@/`.
 * It must lie inside the root, links followed. Throws where it does not.
 */
export function resolveSource(source: string, folder: string, root: string): string {
  if (isAbsolute(source)) throw refused(`source "${source}": absolute paths are not allowed.`);
  const path = source.startsWith('@/') ? join(root, source.slice(2)) : resolve(folder, source);
  refuseOutside(path, root, source);
  // What the text says is one thing, where its links lead another.
  const real = realPath(path);
  if (real !== undefined) refuseOutside(real, realPath(root) ?? root, source);
  return path;
}

function refuseOutside(path: string, root: string, source: string): void {
  const way = relative(root, path);
  if (way === '') throw refused(`source "${source}" resolves to the project root (${root}) itself.`);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw refused(`source "${source}" escapes the project root (${root}).`);
}

function refused(message: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', message, {
    fix: 'Put the source below the folder of the configuration and name it relative to that.',
  });
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
