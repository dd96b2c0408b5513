import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dependenciesOf, type FailedImport, installFolder, names } from './install-folder.ts';
import type { LoadRequest } from './load-request.ts';

/** Package managers that support workspace references, by their lock files. */
const MANAGERS: readonly (readonly [string, Manager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
];

type Manager = 'pnpm' | 'yarn' | 'bun';

const ADD: Readonly<Record<Manager, (place: string) => string>> = {
  pnpm: (place) => `npx pnpm --dir ${place} add --ignore-scripts`,
  yarn: (place) => `npx yarn --cwd ${place} add`,
  bun: (place) => `npx bun add --cwd ${place} --ignore-scripts`,
};
const ALL: Readonly<Record<Manager, (place: string) => string>> = {
  pnpm: (place) => `npx pnpm --dir ${place} install --ignore-scripts`,
  yarn: (place) => `npx yarn --cwd ${place} install`,
  bun: (place) => `npx bun install --cwd ${place} --ignore-scripts`,
};

/** The command that makes failed imports succeed. */
export function installCommand(failed: readonly FailedImport[], request: LoadRequest): string {
  const places = new Map<string, Set<string>>();
  for (const one of failed) {
    const place = installFolder(one, request);
    places.set(place, (places.get(place) ?? new Set()).add(one.name));
  }
  return [...places].map(([place, wanted]) => commandIn(place, [...wanted].sort())).join(' && ');
}

/** The command that rebuilds the native addon of a package; `file` is a path inside the package. */
export function rebuildCommand(place: string, name: string, file: string): string {
  const command = /[/\\]\.pnpm[/\\]/.test(file)
    ? `npx pnpm --dir ${place} rebuild`
    : `npm rebuild --ignore-scripts=false --prefix ${place}`;
  return `${command}${name ? ` ${name}` : ''} (this runs the package's own build scripts)`;
}

/** The command that builds a project's own native addon. */
export function buildCommand(place: string): string {
  return `npm install --ignore-scripts=false --prefix ${place} (this runs the project's own build scripts)`;
}

function commandIn(place: string, wanted: readonly string[]): string {
  const manager = managerOf(place);
  if (manager === undefined) return `npm install --ignore-scripts --prefix ${place} ${wanted.join(' ')}`;
  return wanted.every((name) => names(place, name)) ? ALL[manager](place) : `${ADD[manager](place)} ${wanted.join(' ')}`;
}

// npm rejects projects with workspace: or catalog: references.
function managerOf(place: string): Manager | undefined {
  if (!Object.values(dependenciesOf(place)).some((version) => typeof version === 'string' && /^(?:workspace|catalog):/.test(version)))
    return undefined;
  for (let dir = place; ; dir = dirname(dir)) {
    const found = MANAGERS.find(([file]) => existsSync(join(dir, file)));
    if (found) return found[1];
    if (dir === dirname(dir)) return 'pnpm';
  }
}
