import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { GatewayError } from '../../src/core/errors.ts';

/**
 * Resolves a source path: relative to the file's folder, or to the project's root if it begins with `@/`. Throws
 * CONFIG_INVALID if it is outside the root, also through symbolic links.
 */
export function resolveSource(source: string, folder: string, root: string): string {
  if (isAbsolute(source)) throw refused(`source "${source}": absolute paths are not allowed.`);
  const path = source.startsWith('@/') ? join(root, source.slice(2)) : resolve(folder, source);
  refuseOutside(path, root, source);
  // The real path may differ from the written one.
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
    fix: "Move the source below the configuration's folder and use a relative path.",
  });
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
