import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import type { PluginStore } from '../../../src/core/contract/plugin-store.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import { joinScopes } from './scopes.ts';

/** The stored result of a browser login at one server. */
export interface StoredLogin {
  readonly client?: StoredOAuthClientInformation;
  readonly tokens?: StoredOAuthTokens;
  /** The requested scopes; a server need not return them with the tokens. */
  readonly scope?: string;
  /** The authorization server that issued the tokens; they are renewed only there. */
  readonly discovery?: OAuthDiscoveryState;
  /** Unique per login; renewals keep it. */
  readonly id?: string;
}

/** The login that a server requires when it rejects a request. */
export interface Wish {
  readonly scope?: string | undefined;
  /** URL of the server's OAuth metadata. */
  readonly metadata?: string | undefined;
}

/** The stored login of one server URL. Another URL of the same server has a separate login. */
export interface LoginRecord {
  read(): StoredLogin | undefined;
  write(login: StoredLogin): void;
  /** Stores what this login lacks, for the next one. */
  want(wish: Wish): void;
  wanted(): Wish;
  /** Deletes the stored wish after it has been requested. */
  settle(): void;
  /** Redacts tokens that are not stored. */
  hide(tokens: StoredOAuthTokens): void;
  forget(): void;
  /** The stored text, to detect changes. */
  text(): string | undefined;
  /** Id of the login; undefined if there is none. */
  which(): string | undefined;
}

/** Opens the record of a server URL. */
export function loginRecord(keep: PluginStore, url: URL, hide: (secret: string) => void): LoginRecord {
  const key = `login ${url.href}`;
  // Stored apart from the login, which other processes renew meanwhile.
  const wish = `scope ${url.href}`;
  const place = `metadata ${url.href}`;
  let seen: string | undefined;
  const record: LoginRecord = {
    text() {
      // Polled for changes: a store that is temporarily unreadable has not changed.
      try {
        seen = keep.secrets.get(key);
      } catch {}
      return seen;
    },
    which() {
      record.text();
      return parse(seen)?.id;
    },
    read() {
      // An unreadable store must not look like a missing login, so errors are thrown.
      const login = parse(keep.secrets.get(key));
      if (login) hideAll(login, hide);
      return login;
    },
    write(login) {
      hideAll(login, hide);
      keep.secrets.set(key, JSON.stringify(login));
    },
    want({ scope, metadata }) {
      const set = (name: string, text: string | undefined): void => {
        if (text !== undefined && text !== keep.get(name)) keep.set(name, text);
      };
      // Called while an error is being explained, which matters more than this note.
      try {
        set(wish, joinScopes(keep.get(wish), scope));
        set(place, metadata);
      } catch {}
    },
    wanted: () => ({ scope: keep.get(wish), metadata: keep.get(place) }),
    settle() {
      keep.delete(wish);
      keep.delete(place);
    },
    hide: (tokens) => hideAll({ tokens }, hide),
    forget() {
      keep.secrets.delete(key);
      record.settle();
    },
  };
  return record;
}

function parse(text: string | undefined): StoredLogin | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isJsonObject(value) ? (value as unknown as StoredLogin) : undefined;
  } catch {
    return undefined;
  }
}

function hideAll({ client, tokens }: StoredLogin, hide: (secret: string) => void): void {
  const secrets = [tokens?.access_token, tokens?.refresh_token, tokens?.id_token, (client as { client_secret?: string })?.client_secret];
  for (const secret of secrets) if (typeof secret === 'string' && secret !== '') hide(secret);
}
