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

/** How long after a renewal an answer may still be about the token before it. */
const SETTLED_MS = 1_000;

/** What a server's requests are signed with, and how that is renewed; undefined where the entry brings a token. */
export async function createAuth(
  id: string,
  server: RemoteServer,
  record: LoginRecord,
  stepUp: StepUp,
  route: Route,
): Promise<AuthProvider | undefined> {
  const settings = server.login ?? NO_SETTINGS;
  const machine = settings.grant === 'client_credentials' ? [await machineProvider(settings, record)] : [];
  const person = hasToken(server) ? [] : [personProvider(id, server.url, settings, record, stepUp)];
  const providers = [...person, ...machine];
  return providers.length === 0 ? undefined : toAuth(id, server, providers, stepUp, route);
}

/** Whether what a server lists is for the holder of a login. */
export function isPersonal(server: ServerEntry['server'], record: LoginRecord | undefined): boolean {
  if (server.kind === 'stdio') return false;
  if (server.login?.grant === 'client_credentials') return true;
  return !hasToken(server) && record?.read()?.tokens !== undefined;
}

/** Where a person's login at a server is kept. */
export function recordOf(id: string, { url }: RemoteServer, host: Pick<Host, 'store' | 'hide'>): LoginRecord {
  return loginRecord(host.store(id), url, host.hide);
}

/** A provider that may find out that another process has logged in or renewed the login. */
interface SharedProvider extends OAuthClientProvider {
  /** Looks for another token than the one used so far. */
  reread?(): boolean;
  /** Whether there is anything to renew. */
  readonly empty?: boolean;
}

// The first of them that has a login is used.
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
      // A login server that is away comes back; nobody has to log in again for that.
      if (trouble !== undefined) throw new GatewayError('HANDSHAKE_FAILED', `The login cannot be renewed: ${trouble}.`, { cause: error });
      if (error instanceof GatewayError) throw error;
      throw loginNeeded(id, server, `refuses the login: ${causeOf(error)}`);
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
    // A token is renewed once, however many requests were refused with the old one: a second renewal would void the first.
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

// Every request needs the token, so it is read from the store only when it has to be renewed: others may have done so.
function personProvider(id: string, server: URL, settings: LoginSettings, record: LoginRecord, stepUp: StepUp): SharedProvider {
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
      throw new GatewayError('NEEDS_CONFIGURATION', `The login at ${url.host} has ended.`, {
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
      // Another gateway may have renewed it meanwhile, which is why ours was refused.
      if (what !== 'tokens' || known?.tokens === undefined || known.tokens.refresh_token !== used) return;
      // One request was refused: the token may be good for others as long as it lasts.
      const { refresh_token: _, ...tokens } = known.tokens;
      state.write({ ...known, tokens });
    },
  };
}
