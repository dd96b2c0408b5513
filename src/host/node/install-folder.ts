import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadRequest } from './load-request.ts';

const MODULES = `${sep}node_modules${sep}`;

/** A package that was looked for in vain. */
export interface FailedImport {
  readonly name: string;
  /** The file whose import it was, or its address; the entry where that is not known. */
  readonly importer?: string | undefined;
}

/**
 * The folder in whose `node_modules` the import that failed finds a package: of the project around the file that asked, which may be a
 * host's, by createRequire(); or of an extra root, where there is no such project, or one that does not name the package.
 */
export function installFolder({ name, importer }: FailedImport, { entry, moduleRoots, folder = dirname(entry) }: LoadRequest): string {
  const from = (importer === undefined ? undefined : toPath(importer)) ?? entry;
  const [around, inside] = from.split(MODULES);
  // What a package asks for is found beside it, in the project that has both.
  if (inside !== undefined && around) return real(around);
  const start = real(dirname(from));
  const own = real(folder);
  if (!isBelow(start, own)) {
    // NODE_PATH has the extra roots as well: a folder that is there comes before one that would have to be made.
    return existsSync(start) || moduleRoots[0] === undefined ? (projectOf(start, own) ?? start) : moduleRoots[0];
  }
  const project = projectOf(start, dirname(own));
  if (project !== undefined && (moduleRoots.length === 0 || names(project, name))) return project;
  return moduleRoots[0] ?? project ?? folder;
}

/** The project that a text names a package file of. */
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

// The nearest package.json from a folder upwards, as long as that leads away from another folder.
function projectOf(start: string, end: string): string | undefined {
  for (let dir = start; !isBelow(end, dir); dir = dirname(dir)) if (existsSync(join(dir, 'package.json'))) return dir;
  return undefined;
}

/** Whether a project's package.json asks for a package. */
export function names(project: string, name: string): boolean {
  return Object.hasOwn(dependenciesOf(project), name);
}

/** What a project's package.json asks for, by name. */
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
