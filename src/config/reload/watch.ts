import { sep } from 'node:path';
import type { FSWatcher } from 'chokidar';
import type { Logger } from '../../core/log.ts';

/** Watches files and folders for changes. */
export interface Watcher {
  /** Replaces what is watched. In `folder/*\/file` only this file of each direct subfolder counts, besides the subfolders themselves. */
  set(paths: readonly string[]): void;
  close(): Promise<void>;
}

const QUIET_MS = 150;
const GLOB = /^(.+)[/\\]\*[/\\]([^/\\*]+)$/;
const IGNORED = /(^|[/\\])(node_modules|\.[^/\\]+|__pycache__)([/\\]|$)/;

/**
 * Calls `onChange` once after each burst of changes, and `onReady` once watching has started. Paths that do not exist yet are
 * watched too.
 */
export async function createWatcher(onChange: () => void, onReady: () => void, log: Logger): Promise<Watcher> {
  const { watch } = await import('chokidar');
  let timer: NodeJS.Timeout | undefined;
  let watched = new Set<string>();
  // The names of files that count below a root, for roots that were given as `folder/*/file`.
  let narrow = new Map<string, string>();
  const roots = (path: string): boolean => [...watched].some((root) => path === root);
  const watcher: FSWatcher = watch([], {
    ignoreInitial: true,
    depth: 6,
    // A watched path may itself be inside a hidden folder, so only the part below it is matched.
    ignored: (path) => !roots(path) && (IGNORED.test(relativeTo(watched, path)) || isBeside(narrow, watched, path)),
  });
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, QUIET_MS);
  });
  watcher.once('ready', onReady);
  watcher.on('error', (error) => log.warn(`watching for changes failed: ${(error as Error).message}`));
  return {
    set(paths) {
      const all = new Set(paths);
      narrow = new Map();
      for (const path of paths) {
        const [, root = '', name = ''] = GLOB.exec(path) ?? [];
        // A folder that another plugin watches as a whole stays so.
        if (root !== '' && !all.has(root)) narrow.set(root, name);
      }
      const next = new Set(paths.map((path) => GLOB.exec(path)?.[1] ?? path));
      const removed = [...watched].filter((path) => !next.has(path));
      const added = [...next].filter((path) => !watched.has(path));
      watched = next;
      if (removed.length > 0) watcher.unwatch(removed);
      if (added.length > 0) watcher.add(added);
    },
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

// With `folder/*/file`: anything deeper, and any other file of a subfolder.
function isBeside(narrow: ReadonlyMap<string, string>, roots: ReadonlySet<string>, path: string): boolean {
  if (narrow.size === 0) return false;
  const below = relativeTo(roots, path);
  const name = narrow.get(path.slice(0, path.length - below.length));
  const parts = below.split(sep).filter((part) => part !== '');
  return name !== undefined && (parts.length > 2 || (parts.length === 2 && parts[1] !== name));
}

function relativeTo(roots: ReadonlySet<string>, path: string): string {
  let longest = '';
  for (const root of roots) if (path.startsWith(root) && root.length > longest.length) longest = root;
  return path.slice(longest.length);
}
