import type { AuthProvider, OAuthClientProvider } from '@modelcontextprotocol/client';
import type { Host } from '../../../src/core/contract/host.ts';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import type { Route } from '../../../src/host/network/proxy.ts';
import { causeOf, notSent } from '../connection/failures.ts';
import { hasToken, type RemoteServer, type ServerEntry } from '../entry.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { loginNeeded } from './needed.ts';
import { createProvider } from './provider.ts';
import { type LoginSettings, NO_SETTINGS, namedServers } from './settings.ts';
import type { StepUp } from './step-up.ts';
import { type LoginRecord, loginRecord, type StoredLogin, type Wish } from './stored.ts';

/** For this long after a renewal, a 401 may still belong to the old token. */
const SETTLED_MS = 1_000;

/** Provides and renews the access token of a server; undefined if `headers` contain one. */
export async function createAuth(
  id: string,
  server: RemoteServer,
  record: LoginRecord,
  stepUp: StepUp,
  route: Route,
): Promise<AuthProvider | undefined> {
  const settings = server.login ?? NO_SETTINGS;
  const machine = settings.grant === 'client_credentials' ? [await machineProvider(settings, record)] : [];
  const user = hasToken(server) ? [] : [userProvider(id, server.url, settings, record, stepUp)];
  const providers = [...user, ...machine];
  return providers.length === 0 ? undefined : toAuth(id, server, providers, stepUp, route);
}

/** Whether the server's lists depend on a login. */
export function isPersonal(server: ServerEntry['server'], record: LoginRecord | undefined): boolean {
  if (server.kind === 'stdio') return false;
  if (server.login?.grant === 'client_credentials') return true;
  return !hasToken(server) && record?.read()?.tokens !== undefined;
}

/** The stored browser login of a server. */
export function recordOf(id: string, { url }: RemoteServer, host: Pick<Host, 'store' | 'hide'>): LoginRecord {
  return loginRecord(host.store(id), url, host.hide);
}

/** A provider that can detect a login or renewal by another process. */
interface SharedProvider extends OAuthClientProvider {
  /** Reads the store. Returns whether it has a new token. */
  reread?(): boolean;
  /** Whether there is anything to renew. */
  readonly empty?: boolean;
}

// Uses the first provider that has a login.
function toAuth(id: string, server: RemoteServer, providers: readonly SharedProvider[], stepUp: StepUp, route: Route): AuthProvider {
  const named = [server.url, ...namedServers(server.login)];
  let renewing: Promise<void> | undefined;
  let renewed = Number.NEGATIVE_INFINITY;

  const renew = async ({ scope, metadata }: Wish): Promise<void> => {
    if (providers.some((provider) => provider.reread?.())) return;
    const provider = providers.find(({ empty }) => !empty);
    if (!provider) throw loginNeeded(id, server);
    const { auth } = await import('@modelcontextprotocol/client');
    const guard = createGuardedFetch(named, route);
    const resourceMetadataUrl = metadata === undefined ? undefined : new URL(metadata);
    try {
      const options = { serverUrl: server.url, fetchFn: guard.fetch, ...(resourceMetadataUrl ? { resourceMetadataUrl } : {}) };
      const result = await auth(provider, { ...options, ...(scope === undefined ? {} : { scope }) });
      if (result !== 'AUTHORIZED') throw loginNeeded(id, server);
    } catch (thrown) {
      const error = toError(thrown);
      const trouble = guard.trouble();
      // A temporary outage of the login server does not require a new login.
      if (trouble !== undefined)
        throw new GatewayError('HANDSHAKE_FAILED', `The login at ${server.url.host} cannot be renewed: ${trouble}.`, { cause: error });
      if (error instanceof GatewayError) throw error;
      throw loginNeeded(id, server, `rejects the login: ${causeOf(error)}`);
    }
  };

  return {
    async token() {
      try {
        for (const provider of providers) {
          const tokens = await provider.tokens();
          if (tokens) return tokens.access_token;
        }
        return undefined;
      } catch (error) {
        throw notSent(error);
      }
    },
    // A token is renewed once for all rejected requests: a second renewal would revoke the first.
    async onUnauthorized({ response }) {
      const { extractWWWAuthenticateParams } = await import('@modelcontextprotocol/client');
      const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
      stepUp.challenge = { scope, metadata: resourceMetadataUrl?.href };
      if (performance.now() - renewed < SETTLED_MS) return;
      renewing ??= renew(stepUp.challenge)
        .then(() => {
          renewed = performance.now();
        })
        .finally(() => {
          renewing = undefined;
        });
      await renewing;
    },
  };
}

async function machineProvider(
  { clientId = '', clientSecret = '', issuer = '', scope }: LoginSettings,
  record: LoginRecord,
): Promise<OAuthClientProvider> {
  const { ClientCredentialsProvider } = await import('@modelcontextprotocol/client');
  const provider: OAuthClientProvider = new ClientCredentialsProvider({
    clientId,
    clientSecret,
    clientName: 'plugmux',
    expectedIssuer: issuer,
    ...(scope === undefined ? {} : { scope }),
  });
  const saveTokens = provider.saveTokens.bind(provider);
  provider.saveTokens = (tokens, context) => {
    record.hide(tokens);
    return saveTokens(tokens, context);
  };
  return provider;
}

// Every request needs the token, so the store is read only before a renewal: another process may have renewed it.
function userProvider(id: string, server: URL, settings: LoginSettings, record: LoginRecord, stepUp: StepUp): SharedProvider {
  let known: StoredLogin | undefined = record.read();
  const reread = (): boolean => {
    const { tokens, id: login } = known ?? {};
    known = record.read();
    if (known?.id !== login) stepUp.waiting = false;
    return known?.tokens !== undefined && known.tokens.access_token !== tokens?.access_token;
  };
  const state = {
    read: () => known,
    write(login: StoredLogin) {
      known = login;
      record.write(login);
    },
  };
  const provider = createProvider({
    server,
    settings,
    state,
    redirectUrl: 'http://127.0.0.1/callback',
    registers: false,
    visit(url) {
      throw new GatewayError('NEEDS_CONFIGURATION', `The login at ${url.host} has expired.`, {
        plugin: id,
        fix: `Run \`plugmux login ${id}\`.`,
      });
    },
  });
  return {
    ...provider,
    reread,
    get empty() {
      return known?.tokens === undefined;
    },
    tokens(context) {
      if (context !== undefined || stepUp.waiting) reread();
      return known?.tokens;
    },
    invalidateCredentials(what) {
      const used = known?.tokens?.refresh_token;
      known = record.read();
      // Another gateway may have renewed it meanwhile, which invalidated ours.
      if (what !== 'tokens' || known?.tokens === undefined || known.tokens.refresh_token !== used) return;
      // Only one request was rejected: the access token may stay valid for others until it expires.
      const { refresh_token: _, ...tokens } = known.tokens;
      state.write({ ...known, tokens });
    },
  };
}
