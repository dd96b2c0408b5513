import { createHmac } from 'node:crypto';
import type { Offer } from '../../core/contract/plugin.ts';
import { thrownText } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { asObject, type JsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { VERSION } from '../../core/package.ts';
import type { Store } from '../../store/store.ts';
import type { DiscoveredPlugin } from '../discovery/discovered-plugin.ts';
import { readOffer, writeOffer } from './remembered-offer.ts';

const SPACE = 'offers';
/** The day on which a gateway last used the rows of a configuration file. */
const USED = 'offers-used';
/** The settings that only the code of a plugin declares: they are needed if wrong values keep it from opening. */
const SETTINGS = 'declared-settings';
const DAY_MS = 86_400_000;
const KEPT_DAYS = 90;
const MAX_SETTINGS_CHARS = 256 * 1024;
/** The row of a plugin that did not load at its last try. */
const FAILED = 'null';
/** The row of a plugin that loaded, if its offer cannot be kept. */
const LOADED = 'true';

/** What the last start stored of a plugin: its offer, that it loaded (perhaps with other settings), or that it failed. */
export type Remembered = Offer | 'loaded' | 'failed';

/** Stores what plugins offered at the last start. Only an unchanged plugin with unchanged settings gets its offer back. */
export interface OfferMemory {
  /** `refuse` replaces every function of the offer. Undefined if nothing is stored, or the store cannot be read. */
  get(found: DiscoveredPlugin, refuse: () => Promise<never>): Remembered | undefined;
  /** Stores an offer; undefined means that the plugin did not load. For an offer that depends on a login it stores only that one existed. */
  set(found: DiscoveredPlugin, offer: Offer | undefined): void;
  /** The settings that a plugin declared when it last opened. */
  settings(id: string): JsonObject | undefined;
  /** Stores them. */
  keepSettings(id: string, settings: JsonObject): void;
  /** Deletes the rows of all other plugins, and of configuration files that no gateway has used for 90 days. */
  prune(ids: ReadonlySet<string>): void;
}

/** Stores offers for the gateways of one configuration file. `key` is for an HMAC over the settings, which may contain secrets. */
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
      log.debug(`plugin "${id}": stored offer cannot be ${what}: ${thrownText(error)}`);
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

  // A list that could not be read this time may be unchanged, so the stored one stays.
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
      // Rows of an older version have no day, so their 90 days begin today.
      if (!Number.isSafeInteger(day) || day > today) store.note(USED, file, String(today));
      if (!(today - day > KEPT_DAYS)) continue;
      for (const name of names) if (fileOf(name) === file) for (const space of [SPACE, SETTINGS]) store.delete(space, name);
      store.delete(USED, file);
    }
  };

  const noteSettings = (name: string, settings: JsonObject): void => {
    const text = toJsonText(settings);
    if (text.length <= MAX_SETTINGS_CHARS && store.get(SETTINGS, name) !== text) store.note(SETTINGS, name, text);
  };

  return {
    get: recall,
    set(found, offer) {
      attempt(found.id, 'kept', () => {
        const name = nameOf(found.id);
        if (offer?.settings) noteSettings(name, offer.settings);
        const value = textOf(found, offer);
        const row = value === undefined ? undefined : `${seal(markOf(found))}\n${value}`;
        if (store.get(SPACE, name) === row) return;
        // Written without waiting for the lock of another gateway: a lost row only makes the next start slower.
        if (row === undefined) store.delete(SPACE, name);
        else store.note(SPACE, name, row);
      });
    },
    settings: (id) =>
      attempt(id, 'read', () => {
        const text = store.get(SETTINGS, nameOf(id));
        return text === undefined ? undefined : asObject(JSON.parse(text));
      }),
    keepSettings: (id, settings) => attempt(id, 'kept', () => noteSettings(nameOf(id), settings)),
    prune(ids) {
      attempt('*', 'pruned', () => {
        const own = nameOf('');
        const names = store.keys(SPACE);
        for (const space of [SPACE, SETTINGS]) {
          const rows = space === SPACE ? names : store.keys(space);
          for (const name of rows) if (name.startsWith(own) && !ids.has(name.slice(own.length))) store.delete(space, name);
        }
        pruneFiles(own.trimEnd(), names);
      });
    },
  };
}

const unreachable = (): Promise<never> => Promise.reject(new Error('a stored offer cannot be called'));

// Without names, approval and profiles: an offer does not depend on them.
function markOf({ id, origin, manifest, config }: DiscoveredPlugin): string {
  const { settings, credentials, isolation, cwd, env, options } = config.entry;
  const plugin = [manifest?.adapter, manifest?.alias, manifest?.version, manifest?.digest, manifest?.stamp];
  return toJsonText([VERSION, id, origin, plugin, settings, credentials, isolation, cwd, env, options]);
}
