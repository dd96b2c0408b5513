import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import type { Keep } from '../../../src/core/host.ts';
import { isJsonObject } from '../../../src/core/json.ts';

/** What a person's login at one server came to. */
export interface StoredLogin {
  readonly client?: StoredOAuthClientInformation;
  readonly tokens?: StoredOAuthTokens;
  /** The authorization server it happened at; tokens are renewed there and nowhere else. */
  readonly discovery?: OAuthDiscoveryState;
}

/** The login at one address, in the gateway's store. Another address of the same server is another login. */
export interface LoginRecord {
  read(): StoredLogin | undefined;
  write(login: StoredLogin): void;
  forget(): void;
  /** As it is kept, to see whether it has changed. */
  text(): string | undefined;
}

/** Finds the record of a server by its address. */
export function loginRecord(keep: Keep, url: URL, hide: (secret: string) => void): LoginRecord {
  const key = `login ${url.href}`;
  return {
    text: () => keep.get(key),
    read() {
      try {
        const value: unknown = JSON.parse(keep.get(key) ?? 'null');
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
    forget: () => keep.delete(key),
  };
}

function hideAll({ client, tokens }: StoredLogin, hide: (secret: string) => void): void {
  const secrets = [tokens?.access_token, tokens?.refresh_token, tokens?.id_token, (client as { client_secret?: string })?.client_secret];
  for (const secret of secrets) if (typeof secret === 'string' && secret !== '') hide(secret);
}
