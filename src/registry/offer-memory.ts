import { createHmac } from 'node:crypto';
import { thrownText } from '../core/errors.ts';
import { toJsonText } from '../core/exact-number.ts';
import type { Logger } from '../core/log.ts';
import { VERSION } from '../core/package.ts';
import type { Offer } from '../core/plugin.ts';
import type { Store } from '../store/store.ts';
import { isLasting, readOffer, writeOffer } from './remembered-offer.ts';
import type { Found } from './sources.ts';

const SPACE = 'offers';
/** What is kept of a plugin that did not load at its last try. */
const NOTHING = 'null';

/** What is known of a plugin from the start before: its offer; without one it was tried and did not load. */
export interface Remembered {
  readonly offer: Offer | undefined;
}

/** What plugins offered at the last start. Only the very same plugin with the very same settings is known again. */
export interface OfferMemory {
  /** `refuse` stands for everything the offer does. Undefined if the plugin has never been tried, or nothing can be read. */
  get(found: Found, refuse: () => Promise<never>): Remembered | undefined;
  /** Keeps an offer, or that the plugin did not load. What depends on a login is forgotten. */
  set(found: Found, offer: Offer | undefined): void;
}

/** Keeps offers in a store, for the gateways of one configuration file. `key` seals settings, which may hold secrets. */
export function createOfferMemory(store: Store, key: () => Buffer | undefined, file: string | undefined, log: Logger): OfferMemory {
  const written = new Map<string, string>();
  const seal = (value: string): string | undefined => {
    const secret = key();
    return secret && createHmac('sha256', secret).update(value).digest('base64url');
  };
  const nameOf = ({ id }: Found): string => `${seal(`offers\n${file ?? ''}`)?.slice(0, 16)} ${id}`;
  const attempt = <T>(id: string, what: string, run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      log.debug(`what ${id} offers cannot be ${what}: ${thrownText(error)}`);
      return undefined;
    }
  };
  const write = (found: Found, value: string): void => {
    const mark = seal(markOf(found));
    const [name, row] = [nameOf(found), `${mark}\n${value}`];
    if (mark === undefined || written.get(name) === row) return;
    // Nobody waits for it: another gateway may write at this moment, and what is lost costs the next start some time.
    if (attempt(found.id, 'kept', () => store.note(SPACE, name, row))) written.set(name, row);
  };

  const forget = (found: Found): void => {
    const name = nameOf(found);
    written.delete(name);
    attempt(found.id, 'forgotten', () => {
      if (store.get(SPACE, name) !== undefined) store.delete(SPACE, name);
    });
  };

  return {
    get(found, refuse) {
      return attempt(found.id, 'read', () => {
        const name = nameOf(found);
        const row = store.get(SPACE, name);
        const mark = seal(markOf(found));
        if (row === undefined || mark === undefined || !row.startsWith(`${mark}\n`)) return undefined;
        written.set(name, row);
        const json = row.slice(mark.length + 1);
        return { offer: json === NOTHING ? undefined : readOffer(json, refuse) };
      });
    },
    set(found, offer) {
      const value = offer ? isLasting(offer) && attempt(found.id, 'kept', () => writeOffer(offer)) : NOTHING;
      if (value === undefined || value === false) forget(found);
      else write(found, value);
    },
  };
}

// Names, approval and profiles are those of the file as it is now: what a plugin offers does not depend on them.
function markOf({ id, origin, manifest, config }: Found): string {
  const { settings, credentials, isolation, cwd, env, options } = config.entry;
  const plugin = [manifest?.adapter, manifest?.alias, manifest?.version, manifest?.digest, manifest?.stamp];
  return toJsonText([VERSION, id, origin, plugin, settings, credentials, isolation, cwd, env, options]);
}
