import { createHmac } from 'node:crypto';
import type { Offer } from '../../core/contract/plugin.ts';
import { thrownText } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import type { Logger } from '../../core/log.ts';
import { VERSION } from '../../core/package.ts';
import type { Store } from '../../store/store.ts';
import type { DiscoveredPlugin } from '../discovery/discovered-plugin.ts';
import { readOffer, writeOffer } from './remembered-offer.ts';

const SPACE = 'offers';
/** The day on which a gateway last used the rows of a configuration file. */
const USED = 'offers-used';
const DAY_MS = 86_400_000;
const KEPT_DAYS = 90;
/** The row of a plugin that did not load at its last try. */
const FAILED = 'null';
/** The row of a plugin that loaded, if its offer cannot be kept. */
const LOADED = 'true';

/** What the last start left of a plugin: its offer, or only that it loaded, also with other settings, or that it failed. */
export type Remembered = Offer | 'loaded' | 'failed';

/** What plugins offered at the last start. Only the very same plugin with the very same settings gets its offer back. */
export interface OfferMemory {
  /** `refuse` stands for everything the offer does. Undefined if nothing is known, or the store cannot be read. */
  get(found: DiscoveredPlugin, refuse: () => Promise<never>): Remembered | undefined;
  /** Keeps an offer, or that the plugin did not load. Of an offer that depends on a login it keeps only that there was one. */
  set(found: DiscoveredPlugin, offer: Offer | undefined): void;
  /** Forgets all plugins but these, and other configuration files that no gateway has used for 90 days. */
  prune(ids: ReadonlySet<string>): void;
}

/** Keeps offers in a store, for the gateways of one configuration file. `key` seals settings, which may hold secrets. */
export function createOfferMemory(
  store: Store,
  key: () => Buffer | undefined,
  file: string | undefined,
  log: Logger,
  now = Date.now,
): OfferMemory {
  const seal = (value: string): string => {
    const secret = key();
    if (!secret) throw new Error('the key of the state folder cannot be used');
    return createHmac('sha256', secret).update(value).digest('base64url');
  };
  let prefix: string | undefined;
  const nameOf = (id: string): string => {
    prefix ??= seal(`offers\n${file ?? ''}`).slice(0, 16);
    return `${prefix} ${id}`;
  };
  const attempt = <T>(id: string, what: string, run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      log.debug(`what ${id} offers cannot be ${what}: ${thrownText(error)}`);
      return undefined;
    }
  };

  const recall = (found: DiscoveredPlugin, refuse: () => Promise<never>): Remembered | undefined =>
    attempt(found.id, 'read', () => {
      const row = store.get(SPACE, nameOf(found.id));
      if (row === undefined) return undefined;
      const end = row.indexOf('\n');
      const value = row.slice(end + 1);
      if (row.slice(0, end) !== seal(markOf(found))) return value === FAILED ? undefined : 'loaded';
      if (value === FAILED) return 'failed';
      return value === LOADED ? 'loaded' : (attempt(found.id, 'read', () => readOffer(value, refuse)) ?? 'loaded');
    });

  const textOf = (found: DiscoveredPlugin, offer: Offer | undefined): string | undefined => {
    if (!offer) return FAILED;
    if (offer.needs.length > 0) return undefined;
    return offer.personal === true ? LOADED : (attempt(found.id, 'kept', () => writeOffer(withUnread(found, offer))) ?? LOADED);
  };

  // A list that could not be read this time is not known to have changed.
  const withUnread = (found: DiscoveredPlugin, offer: Offer): Offer => {
    const before = offer.unread ? recall(found, unreachable) : undefined;
    if (typeof before !== 'object') return offer;
    return { ...offer, ...Object.fromEntries((offer.unread ?? []).map((list) => [list, before[list]])) };
  };

  const pruneFiles = (own: string, names: readonly string[]): void => {
    const today = Math.floor(now() / DAY_MS);
    const used = store.entries(USED);
    if (used.get(own) !== String(today)) store.note(USED, own, String(today));
    const fileOf = (name: string): string => name.slice(0, name.indexOf(' '));
    const others = new Set([...names.map(fileOf), ...used.keys()]);
    others.delete(own);
    for (const file of others) {
      const day = Number(used.get(file) ?? Number.NaN);
      // Rows of an older version have no day: their time begins now.
      if (!Number.isSafeInteger(day) || day > today) store.note(USED, file, String(today));
      if (!(today - day > KEPT_DAYS)) continue;
      for (const name of names) if (fileOf(name) === file) store.delete(SPACE, name);
      store.delete(USED, file);
    }
  };

  return {
    get: recall,
    set(found, offer) {
      attempt(found.id, 'kept', () => {
        const name = nameOf(found.id);
        const value = textOf(found, offer);
        const row = value === undefined ? undefined : `${seal(markOf(found))}\n${value}`;
        if (store.get(SPACE, name) === row) return;
        // Nobody waits for it: another gateway may write at this moment, and a lost row costs the next start some time.
        if (row === undefined) store.delete(SPACE, name);
        else store.note(SPACE, name, row);
      });
    },
    prune(ids) {
      attempt('every plugin', 'pruned', () => {
        const own = nameOf('');
        const names = store.keys(SPACE);
        for (const name of names) if (name.startsWith(own) && !ids.has(name.slice(own.length))) store.delete(SPACE, name);
        pruneFiles(own.trimEnd(), names);
      });
    },
  };
}

const unreachable = (): Promise<never> => Promise.reject(new Error('what is only kept does nothing'));

// Names, approval and profiles are those of the file as it is now: what a plugin offers does not depend on them.
function markOf({ id, origin, manifest, config }: DiscoveredPlugin): string {
  const { settings, credentials, isolation, cwd, env, options } = config.entry;
  const plugin = [manifest?.adapter, manifest?.alias, manifest?.version, manifest?.digest, manifest?.stamp];
  return toJsonText([VERSION, id, origin, plugin, settings, credentials, isolation, cwd, env, options]);
}
