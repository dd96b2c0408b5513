import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import type { ProxySetting } from '../../../src/core/proxy.ts';
import { createRoute } from '../../../src/host/network/proxy.ts';
import { causeOf } from '../connection/failures.ts';
import type { RemoteServer } from '../entry.ts';
import { openCallback } from './callback.ts';
import { askForChallenge, readDescription } from './challenge.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { createProvider } from './provider.ts';
import { joinScopes } from './scopes.ts';
import { NO_SETTINGS, namedServers } from './settings.ts';
import type { StoredLogin } from './stored.ts';

/** Arguments of a browser login. */
export interface BrowserLogin {
  readonly server: RemoteServer;
  readonly timeoutMs: number;
  /** The `proxy` at the top of mcp.json. */
  readonly proxy?: ProxySetting;
  /** Scopes to request in addition to those of the configuration or the server. */
  readonly beyond: string | undefined;
  /** URL of the server's OAuth metadata, if an earlier rejection named it. */
  readonly metadata?: string | undefined;
  /** Shows the user the address to open. */
  visit(url: URL): void;
}

/** Logs in to a server with the user's browser. Stores nothing if the login fails. */
export async function logInByBrowser({ server, timeoutMs, proxy, beyond, metadata, visit }: BrowserLogin): Promise<StoredLogin> {
  const { auth } = await import('@modelcontextprotocol/client');
  const settings = server.login ?? NO_SETTINGS;
  const guard = createGuardedFetch([server.url, ...namedServers(settings)], createRoute({ own: server.proxy, top: proxy }));
  const word = randomBytes(32).toString('base64url');
  const callback = await openCallback(word, settings.redirectUri === undefined ? settings.callbackPort : new URL(settings.redirectUri));
  const over = new AbortController();
  let login: StoredLogin = {};
  let asked: string | undefined;
  try {
    const provider = createProvider({
      server: server.url,
      settings,
      word,
      redirectUrl: settings.redirectUri ?? callback.url,
      registers: true,
      state: {
        read: () => login,
        write(next) {
          // The SDK continues after failed fetches, but a rejected address must end the login.
          guard.assertNothingRefused();
          login = next;
        },
      },
      visit(url) {
        asked = joinScopes(url.searchParams.get('scope'));
        visit(url);
      },
    });
    const known = metadata === undefined ? {} : { resourceMetadataUrl: new URL(metadata) };
    const challenge = { ...known, ...(await askForChallenge(server, guard)) };
    if (settings.authServerMetadataUrl !== undefined)
      await provider.saveDiscoveryState?.(await readDescription(settings.authServerMetadataUrl, guard));
    const scope = joinScopes(settings.scope ?? challenge.scope, beyond);
    const options = { ...challenge, serverUrl: server.url, fetchFn: guard.fetch, ...(scope === undefined ? {} : { scope }) };
    await auth(provider, options);
    const { code, iss } = await Promise.race([callback.answer, sleep(timeoutMs, undefined, { signal: over.signal }).then(tooLate)]);
    await auth(provider, { ...options, authorizationCode: code, ...(iss === undefined ? {} : { iss }) });
    return { ...login, ...(asked === undefined ? {} : { scope: asked }) };
  } catch (thrown) {
    guard.assertNothingRefused();
    const error = toError(thrown);
    if (error instanceof GatewayError) throw error;
    const trouble = guard.trouble();
    throw new GatewayError('LOGIN_REFUSED', `The login at ${server.url.host} failed: ${trouble ?? causeOf(error)}.`, {
      ...(trouble === undefined ? {} : { fix: 'Try again later.' }),
      cause: error,
    });
  } finally {
    over.abort();
    callback.close();
  }
}

function tooLate(): never {
  throw new GatewayError('LOGIN_REFUSED', 'The browser login timed out.', {
    fix: 'Log in again, or raise --timeout.',
  });
}
