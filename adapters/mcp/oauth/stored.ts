import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import type { PluginStore } from '../../../src/core/contract/host.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import { joinScopes } from './scopes.ts';

/** What a person's login at one server came to. */
export interface StoredLogin {
  readonly client?: StoredOAuthClientInformation;
  readonly tokens?: StoredOAuthTokens;
  /** What the person was asked for; a server need not repeat it with the tokens. */
  readonly scope?: string;
  /** The authorization server it happened at; tokens are renewed there and nowhere else. */
  readonly discovery?: OAuthDiscoveryState;
  /** Another one for each login; renewals keep it. */
  readonly id?: string;
}

/** What a server asks of a login when it refuses a request. */
export interface Wish {
  readonly scope?: string | undefined;
  /** Address of the server's description of its login. */
  readonly metadata?: string | undefined;
}

/** The login at one address, in the gateway's store. Another address of the same server is another login. */
export interface LoginRecord {
  read(): StoredLogin | undefined;
  write(login: StoredLogin): void;
  /** Notes what the server wants beyond this login; the next one asks for it, too. */
  want(wish: Wish): void;
  wanted(): Wish;
  /** What is noted has been asked for. */
  settle(): void;
  /** Keeps tokens out of logs and errors that are not stored. */
  hide(tokens: StoredOAuthTokens): void;
  forget(): void;
  /** As it is kept, to see whether it has changed. */
  text(): string | undefined;
  /** Identifies the login; undefined if nobody is logged in. */
  which(): string | undefined;
}

/** Finds the record of a server by its address. */
export function loginRecord(keep: PluginStore, url: URL, hide: (secret: string) => void): LoginRecord {
  const key = `login ${url.href}`;
  // Apart from the login, which other processes renew meanwhile.
  const wish = `scope ${url.href}`;
  const place = `metadata ${url.href}`;
  let seen: string | undefined;
  const record: LoginRecord = {
    text() {
      // Polled for changes: a store that cannot be read for a while has not changed.
      try {
        seen = keep.get(key);
      } catch {}
      return seen;
    },
    which() {
      record.text();
      return parse(seen)?.id;
    },
    read() {
      // A store that cannot be read does not mean that there is no login.
      const login = parse(keep.get(key));
      if (login) hideAll(login, hide);
      return login;
    },
    write(login) {
      hideAll(login, hide);
      keep.set(key, JSON.stringify(login));
    },
    want({ scope, metadata }) {
      const set = (name: string, text: string | undefined): void => {
        if (text !== undefined && text !== keep.get(name)) keep.set(name, text);
      };
      // Called while an error is explained, which is worth more than the note.
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
      keep.delete(key);
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
