import type { AuthProvider, OAuthClientProvider } from '@modelcontextprotocol/client';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import type { Host } from '../../../src/core/host.ts';
import { hasToken, type RemoteServer } from '../entry.ts';
import { causeOf } from '../failures.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { createProvider } from './provider.ts';
import { type LoginSettings, NO_SETTINGS } from './settings.ts';
import type { StepUp } from './step-up.ts';
import { type LoginRecord, loginRecord, type StoredLogin } from './stored.ts';

/** How long after a renewal an answer may still be about the token before it. */
const SETTLED_MS = 1_000;

/** What a server's requests are signed with, and how that is renewed; undefined where nobody has logged in. */
export async function createAuth(id: string, server: RemoteServer, record: LoginRecord, stepUp: StepUp): Promise<AuthProvider | undefined> {
  const settings = server.login ?? NO_SETTINGS;
  if (settings.grant === 'client_credentials') return toAuth(id, server, await machineProvider(settings, record));
  if (hasToken(server) || record.read()?.tokens === undefined) return undefined;
  return toAuth(id, server, personProvider(id, settings, record, stepUp));
}

/** Where a person's login at a server is kept. */
export function recordOf(id: string, { url }: RemoteServer, host: Pick<Host, 'keep' | 'hide'>): LoginRecord {
  return loginRecord(host.keep(id), url, host.hide);
}

/** What to say where a person has to log in. */
export function loginNeeded(id: string, server: RemoteServer, why = 'wants a login'): GatewayError {
  const { host } = server.url;
  if (hasToken(server)) {
    return new GatewayError('NEEDS_CONFIGURATION', `${host} refuses the "Authorization" of its "headers".`, {
      plugin: id,
      fix: `Give it a token that is good, or take it out and run \`plugmux login ${id}\`.`,
    });
  }
  if (server.login?.grant === 'client_credentials') {
    const fix = 'Check the "clientId", "clientSecret", "issuer" and "scope" of its "oauth".';
    return new GatewayError('NEEDS_CONFIGURATION', `${host} ${why}.`, { plugin: id, fix });
  }
  return new GatewayError('NEEDS_CONFIGURATION', `${host} ${why}.`, {
    plugin: id,
    fix: `${server.kind === 'ws' ? 'Give' : `Run \`plugmux login ${id}\`, or give`} a token in "headers": { "Authorization": "Bearer \${env:TOKEN}" }.`,
  });
}

function toAuth(id: string, server: RemoteServer, provider: OAuthClientProvider): AuthProvider {
  const named = [server.url, ...(server.login?.issuer === undefined ? [] : [new URL(server.login.issuer)])];
  let renewing: Promise<void> | undefined;
  let renewed = Number.NEGATIVE_INFINITY;

  const renew = async (response: Response): Promise<void> => {
    const { auth, extractWWWAuthenticateParams } = await import('@modelcontextprotocol/client');
    const guard = createGuardedFetch(named);
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
    try {
      const options = { serverUrl: server.url, fetchFn: guard.fetch, ...(resourceMetadataUrl ? { resourceMetadataUrl } : {}) };
      const result = await auth(provider, { ...options, ...(scope === undefined ? {} : { scope }) });
      if (result !== 'AUTHORIZED') throw loginNeeded(id, server);
      renewed = performance.now();
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
    token: async () => (await provider.tokens())?.access_token,
    // A token is renewed once, however many requests were refused with the old one: a second renewal would void the first.
    async onUnauthorized({ response }) {
      if (performance.now() - renewed < SETTLED_MS) return;
      renewing ??= renew(response).finally(() => {
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
function personProvider(id: string, settings: LoginSettings, record: LoginRecord, stepUp: StepUp): OAuthClientProvider {
  let known: StoredLogin | undefined = record.read();
  const state = {
    read: () => known,
    write(login: StoredLogin) {
      known = login;
      record.write(login);
    },
  };
  const provider = createProvider({
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
    tokens(context) {
      if (context !== undefined || stepUp.waiting) {
        const used = known?.tokens?.access_token;
        known = record.read();
        if (known?.tokens?.access_token !== used) stepUp.waiting = false;
      }
      return known?.tokens;
    },
    invalidateCredentials(what) {
      const used = known?.tokens?.refresh_token;
      known = record.read();
      // Another gateway may have renewed it meanwhile, which is why ours was refused.
      if (what !== 'tokens' || known?.tokens?.refresh_token !== used) return;
      const { tokens: _, ...rest } = known ?? {};
      state.write(rest);
    },
  };
}
