import type { FetchLike } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import { rpcErrorIn, statusOf } from '../connection/failures.ts';
import { hasToken, type RemoteServer } from '../entry.ts';
import { loginNeeded } from './needed.ts';
import { joinScopes } from './scopes.ts';
import type { LoginRecord, Wish } from './stored.ts';

const NOT_ENOUGH = 'insufficient_scope';

/** Tracks requests that a server rejects for lack of a login or of permissions. */
export interface StepUp {
  /** Whether a new login is needed. */
  waiting: boolean;
  /** The challenge of the last 401. */
  challenge: Wish;
  /**
   * Explains a rejection for lack of a login; undefined for any other error. `of`: a new login repeats a handshake anyway, so
   * it is not recorded.
   */
  explain(thrown: unknown, of?: 'handshake'): GatewayError | undefined;
}

/**
 * Recognizes insufficient logins by the errors of the SDK's transports. A 401 or 403 fails only its own request. The missing
 * scopes are stored for the next `plugmux login`.
 */
export function createStepUp(id: string, server: RemoteServer, record: LoginRecord, via = ''): StepUp {
  const { host } = server.url;
  const refused = (message: string, fix: string, cause: Error): GatewayError =>
    new GatewayError('NEEDS_CONFIGURATION', message, { plugin: id, fix, cause });

  const await401 = (of: 'handshake' | undefined): void => {
    stepUp.waiting = true;
    if (of !== undefined) return;
    const { scope, metadata } = stepUp.challenge;
    // If scopes are configured, add the challenge's scopes only if an existing login lacked them, not whenever a server asks.
    const isNoted = server.login?.scope === undefined || record.which() !== undefined;
    record.want(isNoted ? { scope, metadata } : { metadata });
  };

  const stepUp: StepUp = {
    waiting: false,
    challenge: {},
    explain(thrown, of) {
      if (thrown instanceof GatewayError) {
        if (thrown.code !== 'NEEDS_CONFIGURATION') return undefined;
        if (!hasToken(server)) await401(of);
        return thrown;
      }
      if (!(thrown instanceof Error)) return undefined;
      if (Object.hasOwn(thrown, 'requiredScope')) {
        const { requiredScope, resourceMetadataUrl } = thrown as { requiredScope?: unknown; resourceMetadataUrl?: unknown };
        const scope = joinScopes(requiredScope);
        const wish = { scope, ...(resourceMetadataUrl instanceof URL ? { metadata: resourceMetadataUrl.href } : {}) };
        const message =
          scope === undefined
            ? `${host} requires another login for this request`
            : `${host} requires the scope "${scope}" for this request`;
        return refused(`${message}; the current login does not have it.`, toFix(wish), thrown);
      }
      const status = statusOf(thrown);
      if (status === 401 || thrown.name === 'UnauthorizedError') {
        if (!hasToken(server)) await401(of);
        return loginNeeded(id, server);
      }
      if (status !== 403) return undefined;
      const detail = rpcErrorIn(thrown)?.message;
      const fix = via === '' ? toFix({}) : `${toFix({})} If the proxy rejects it, allow ${host} there.`;
      return refused(`${host}${via} rejects this login (HTTP 403)${detail === undefined ? '' : `: ${detail}`}.`, fix, thrown);
    },
  };
  const toFix = (wish: Wish): string => {
    const { scope } = wish;
    if (hasToken(server)) return 'Put a token with this permission into the "Authorization" header of its entry.';
    record.want(wish);
    stepUp.waiting = true;
    if (server.login?.grant === 'client_credentials' && record.which() === undefined)
      return `Add it to the "scope" of its "oauth"${scope === undefined ? '' : `: "${scope}"`}, or log in with a browser: \`plugmux login ${id}\`.`;
    return `Run \`plugmux login ${id}\`: it also requests the missing scopes.`;
  };
  return stepUp;
}

/** A fetch that throws InsufficientScopeError, as the SDK's Streamable HTTP transport does itself. */
export function withScopeErrors(inner: typeof fetch): FetchLike {
  return async (input, init) => {
    const response = await inner(input as string, init);
    if (response.status !== 403 || init?.method !== 'POST') return response;
    const { extractWWWAuthenticateParams, InsufficientScopeError } = await import('@modelcontextprotocol/client');
    const { error, scope, resourceMetadataUrl } = extractWWWAuthenticateParams(response);
    if (error !== NOT_ENOUGH) return response;
    throw new InsufficientScopeError({
      ...(scope === undefined ? {} : { requiredScope: scope }),
      ...(resourceMetadataUrl ? { resourceMetadataUrl } : {}),
    });
  };
}
