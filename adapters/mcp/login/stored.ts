import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import type { Keep } from '../../../src/core/host.ts';
import { isJsonObject } from '../../../src/core/json.ts';
import { joinScopes } from './scopes.ts';

/** What a person's login at one server came to. */
export interface StoredLogin {
  readonly client?: StoredOAuthClientInformation;
  readonly tokens?: StoredOAuthTokens;
  /** What the person was asked for; a server need not repeat it with the tokens. */
  readonly scope?: string;
  /** The authorization server it happened at; tokens are renewed there and nowhere else. */
  readonly discovery?: OAuthDiscoveryState;
}

/** The login at one address, in the gateway's store. Another address of the same server is another login. */
export interface LoginRecord {
  read(): StoredLogin | undefined;
  write(login: StoredLogin): void;
  /** Notes what the server wants beyond this login; the next one asks for it, too. */
  want(scope: string | undefined): void;
  wanted(): string | undefined;
  /** What is noted has been asked for. */
  settle(): void;
  /** Keeps tokens out of logs and errors that are not stored. */
  hide(tokens: StoredOAuthTokens): void;
  forget(): void;
  /** As it is kept, to see whether it has changed. */
  text(): string | undefined;
}

/** Finds the record of a server by its address. */
export function loginRecord(keep: Keep, url: URL, hide: (secret: string) => void): LoginRecord {
  const key = `login ${url.href}`;
  // Apart from the login, which other processes renew meanwhile.
  const wish = `scope ${url.href}`;
  let seen: string | undefined;
  return {
    text() {
      // Polled for changes: a store that cannot be read for a while has not changed.
      try {
        seen = keep.get(key);
      } catch {}
      return seen;
    },
    read() {
      // A store that cannot be read does not mean that there is no login.
      const text = keep.get(key) ?? 'null';
      try {
        const value: unknown = JSON.parse(text);
        if (!isJsonObject(value)) return undefined;
        const login = value as unknown as StoredLogin;
        hideAll(login, hide);
        return login;
      } catch {
        return undefined;
      }
    },
    write(login) {
      hideAll(login, hide);
      keep.set(key, JSON.stringify(login));
    },
    want(scope) {
      // Called while an error is explained, which is worth more than the note.
      try {
        const all = joinScopes(keep.get(wish), scope);
        if (all !== undefined && all !== keep.get(wish)) keep.set(wish, all);
      } catch {}
    },
    wanted: () => keep.get(wish),
    settle: () => keep.delete(wish),
    hide: (tokens) => hideAll({ tokens }, hide),
    forget() {
      keep.delete(key);
      keep.delete(wish);
    },
  };
}

function hideAll({ client, tokens }: StoredLogin, hide: (secret: string) => void): void {
  const secrets = [tokens?.access_token, tokens?.refresh_token, tokens?.id_token, (client as { client_secret?: string })?.client_secret];
  for (const secret of secrets) if (typeof secret === 'string' && secret !== '') hide(secret);
}
