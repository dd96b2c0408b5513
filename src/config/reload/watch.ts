import type { FSWatcher } from 'chokidar';
import type { Logger } from '../../core/log.ts';

/** Watches files and folders for changes. */
export interface Watcher {
  /** Replaces what is watched. */
  set(paths: readonly string[]): void;
  close(): Promise<void>;
}

const QUIET_MS = 150;
const IGNORED = /(^|[/\\])(node_modules|\.[^/\\]+|__pycache__)([/\\]|$)/;

/**
 * Calls `onChange` once after each burst of changes, and `onReady` once watching has started. Paths that do not exist yet are
 * watched too.
 */
export async function createWatcher(onChange: () => void, onReady: () => void, log: Logger): Promise<Watcher> {
  const { watch } = await import('chokidar');
  let timer: NodeJS.Timeout | undefined;
  let watched = new Set<string>();
  const roots = (path: string): boolean => [...watched].some((root) => path === root);
  const watcher: FSWatcher = watch([], {
    ignoreInitial: true,
    depth: 6,
    // A watched path may itself be inside a hidden folder, so only the part below it is matched.
    ignored: (path) => !roots(path) && IGNORED.test(relativeTo(watched, path)),
  });
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, QUIET_MS);
  });
  watcher.once('ready', onReady);
  watcher.on('error', (error) => log.warn(`watching for changes failed: ${(error as Error).message}`));
  return {
    set(paths) {
      const next = new Set(paths);
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

function relativeTo(roots: ReadonlySet<string>, path: string): string {
  let longest = '';
  for (const root of roots) if (path.startsWith(root) && root.length > longest.length) longest = root;
  return path.slice(longest.length);
}
