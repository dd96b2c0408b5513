import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadRequest } from './load-request.ts';

const MODULES = `${sep}node_modules${sep}`;

/** An import of a package that was not found. */
export interface FailedImport {
  readonly name: string;
  /** Path or URL of the importing file; default: the entry. */
  readonly importer?: string | undefined;
}

/**
 * The folder in which to install a missing package: the project around the importing file (which may be a host's, by
 * createRequire), or an extra root if there is no such project or it does not depend on the package.
 */
export function installFolder({ name, importer }: FailedImport, { entry, moduleRoots, folder = dirname(entry) }: LoadRequest): string {
  const from = (importer === undefined ? undefined : toPath(importer)) ?? entry;
  const [around, inside] = from.split(MODULES);
  // A dependency of a package is installed next to it, in the same project.
  if (inside !== undefined && around) return real(around);
  const start = real(dirname(from));
  const own = real(folder);
  if (!isBelow(start, own)) {
    // The extra roots are in NODE_PATH too, so an existing folder is preferred to a new one.
    return existsSync(start) || moduleRoots[0] === undefined ? (projectOf(start, own) ?? start) : moduleRoots[0];
  }
  const project = projectOf(start, dirname(own));
  if (project !== undefined && (moduleRoots.length === 0 || names(project, name))) return project;
  return moduleRoots[0] ?? project ?? folder;
}

/** The project of a node_modules path in a text. */
export function projectNamed(text: string): string | undefined {
  const [, place] = /((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^\n'"()]*?)[/\\]node_modules[/\\]/.exec(text) ?? [];
  return place === undefined ? undefined : toPath(place);
}

function toPath(place: string): string | undefined {
  try {
    return place.startsWith('file:') ? fileURLToPath(place) : place;
  } catch {
    return undefined;
  }
}

// The nearest folder with a package.json from `start` upwards, excluding `end` and its ancestors.
function projectOf(start: string, end: string): string | undefined {
  for (let dir = start; !isBelow(end, dir); dir = dirname(dir)) if (existsSync(join(dir, 'package.json'))) return dir;
  return undefined;
}

/** Whether a project's package.json lists a package. */
export function names(project: string, name: string): boolean {
  return Object.hasOwn(dependenciesOf(project), name);
}

/** All dependencies in a project's package.json, by name. */
export function dependenciesOf(project: string): Readonly<Record<string, unknown>> {
  try {
    const json = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as Record<string, object | undefined>;
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = json;
    return { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies };
  } catch {
    return {};
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
