import { GatewayError } from '../core/errors.ts';
import { type LockChange, lockChanges } from '../policy/lock-changes.ts';
import { type Lock, readLock, toLock, writeLock } from '../policy/lock-file.ts';
import { mergeLocks, type Takes } from '../policy/lock-merge.ts';
import { lockedSurfaces } from '../policy/pin-parts.ts';
import type { Pins } from '../policy/pins.ts';
import type { Registry } from '../registry/registry.ts';
import type { StoredPin } from '../store/pin-table.ts';

/** What an operator does with the lock file. Load it on use: it brings a library that compares texts. */
export interface LockAdmin {
  /** What differs from the lock file; with everything if there is none. */
  changes(): LockChange[];
  /**
   * The text of the next lock file: the parts that `takes` accepts, and what the console has accepted. Plugins that are not ready
   * keep what the file has of them. `settled`: what the console has accepted and the file makes superfluous.
   */
  next(takes: Takes): { readonly text: string; readonly settled: readonly StoredPin[] };
  /** Accepts parts as they were shown. Throws CONFLICT if one looks different now, or if there is no lock file that can be used. */
  accept(parts: readonly { readonly plugin: string; readonly tool: string; readonly surface: string }[], by: string): void;
}

/** The lock file of a gateway. */
export function createLockAdmin(
  pins: Pins,
  registry: Pick<Registry, 'catalogue' | 'plugins' | 'rebuild'>,
  now: () => number = Date.now,
): LockAdmin {
  // A plugin that is no longer configured is ready in this sense: what it had is gone.
  const isReady = (id: string): boolean => registry.plugins().every((plugin) => plugin.id !== id || plugin.state === 'ready');
  const whole = () => pins.rules()?.whole() ?? registry.catalogue();
  const changes = (): LockChange[] => {
    const rules = pins.rules();
    return lockChanges({ lock: rules?.lock, whole, accepted: () => rules?.accepted() ?? [] }, isReady);
  };
  return {
    changes,
    next(takes) {
      const rules = pins.rules();
      const stored = rules?.accepted() ?? [];
      const accepted = new Set(stored.map(keyOf));
      const lock: Lock = rules?.lock ?? new Map();
      const taken: Takes = (plugin, part, surfaces) => {
        const locked = lockedSurfaces(lock, plugin, part);
        const isKnown = (surface: string): boolean => locked.has(surface) || accepted.has(keyOf({ plugin, part, surface }));
        return takes(plugin, part, surfaces) || surfaces.every(isKnown);
      };
      const text = writeLock(mergeLocks(lock, toLock(whole()), taken, (id) => !isReady(id)));
      // The file must be readable by the next start.
      const next = readLock(text);
      // What the console accepted of a plugin that is not ready, or of one variant, is not in the file yet.
      const offered = toLock(whole());
      const isOpen = ({ plugin, part, surface }: StoredPin): boolean =>
        !lockedSurfaces(next, plugin, part).has(surface) && (!isReady(plugin) || lockedSurfaces(offered, plugin, part).has(surface));
      return { text, settled: stored.filter((pin) => !isOpen(pin)) };
    },
    accept(parts, by) {
      if (pins.rules()?.lock === undefined)
        throw new GatewayError('CONFLICT', 'There is no lock file that can be used.', { fix: 'Make one with `plugmux lock`.' });
      const found = changes();
      for (const { plugin, tool, surface } of parts) {
        if (
          found.some((change) => change.plugin === plugin && change.tool === tool && change.surface === surface && change.kind !== 'gone')
        )
          continue;
        throw new GatewayError('CONFLICT', `${tool} of ${plugin} does not look as it was shown.`, { fix: 'Look at the changes again.' });
      }
      pins.table.add(parts.map(({ plugin, tool, surface }) => ({ plugin, part: tool, surface, at: now(), by })));
      registry.rebuild();
    },
  };
}

function keyOf({ plugin, part, surface }: Pick<StoredPin, 'plugin' | 'part' | 'surface'>): string {
  return JSON.stringify([plugin, part, surface]);
}
