import { type ConsoleKeys, createConsoleKeys, type StoredSession } from '../store/console-keys.ts';
import type { StateFile } from '../store/state-file.ts';
import type { Edge } from '../transports/edge/edge.ts';
import { createSecret, digestOf } from './login-code.ts';

const HOUR_MS = 3_600_000;
/** A session ends this long after its last request. */
const IDLE_MS = 12 * HOUR_MS;
/** A session ends this long after its login in any case. */
const MAX_MS = 7 * 24 * HOUR_MS;
/** A session is extended at most this often, because each time is a write. */
const EXTEND_MS = 60_000;
/** The principal of a login by link. */
export const LINK_USER = 'local';

/** What a session may do: `admin` includes `observe`. */
export type ConsoleScope = 'observe' | 'admin';

/** One login at the console. */
export interface Session {
  /** The digest of its key. */
  readonly id: string;
  readonly who: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The logins of the console. All gateways on one state folder share them. */
export interface Sessions {
  /** Opens a session by a code. Undefined if the code is not valid. */
  byCode(code: string): OpenedSession | undefined;
  /** Opens a session by a token with the scope `observe` or `admin`. */
  byToken(token: string): OpenedSession | undefined;
  /** The session of a key; undefined if the key is wrong, or its session has ended. */
  find(key: string): Session | undefined;
  /** Extends a session that is in use. */
  extend(id: string): void;
  /** Whether a session is still open. */
  isOpen(id: string): boolean;
  end(id: string): void;
  endAll(): void;
  /** Ends the sessions of one principal's tokens. */
  endOf(who: string): void;
}

/** A new session with its key, which is not stored. */
export interface OpenedSession extends Session {
  readonly key: string;
}

/** Creates the logins. `now` is in milliseconds since 1970. */
export function createSessions(file: StateFile, edge: Pick<Edge, 'identify' | 'isConfigured'>, now: () => number = Date.now): Sessions {
  const keys: ConsoleKeys = createConsoleKeys(file);

  const open = (who: string, scopes: readonly string[], login?: string): OpenedSession => {
    const key = createSecret();
    const created = now();
    const expires = created + IDLE_MS;
    keys.addSession(digestOf(key), { who, scopes, ...(login === undefined ? {} : { login }), created, seen: created, expires });
    return { id: digestOf(key), key, who, scopes, expires };
  };

  const stored = (id: string): StoredSession | undefined => {
    const session = keys.session(id);
    if (!session || session.expires <= now()) return undefined;
    // A token that was removed or changed ends its sessions.
    return session.login === undefined || edge.isConfigured(session.login) ? session : undefined;
  };

  const use = (id: string): Session | undefined => {
    const session = stored(id);
    if (!session) return undefined;
    const { who, scopes, created, seen } = session;
    let { expires } = session;
    if (now() - seen >= EXTEND_MS) {
      expires = Math.min(now() + IDLE_MS, created + MAX_MS);
      keys.extend(id, now(), expires);
    }
    return { id, who, scopes, expires };
  };

  return {
    byCode: (code) => (keys.useCode(digestOf(code), now()) ? open(LINK_USER, ['admin']) : undefined),
    byToken(token) {
      const known = edge.identify(token);
      const scopes = known?.scopes.filter((scope) => scope === 'observe' || scope === 'admin') ?? [];
      return known && scopes.length > 0 ? open(known.principal, scopes, known.mark) : undefined;
    },
    find: (key) => use(digestOf(key)),
    extend: (id) => void use(id),
    isOpen: (id) => stored(id) !== undefined,
    end: keys.remove,
    endAll: () => void keys.removeAll(),
    endOf: keys.removeOf,
  };
}

/** Whether a session may use a route. */
export function mayUse({ scopes }: Pick<Session, 'scopes'>, scope: ConsoleScope): boolean {
  return scopes.includes('admin') || scopes.includes(scope);
}
