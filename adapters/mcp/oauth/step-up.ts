import type { FetchLike } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import { rpcErrorIn, statusOf } from '../connection/failures.ts';
import { hasToken, type RemoteServer } from '../entry.ts';
import { loginNeeded } from './needed.ts';
import { joinScopes } from './scopes.ts';
import type { LoginRecord, Wish } from './stored.ts';

const NOT_ENOUGH = 'insufficient_scope';

/** What a server refuses for want of a login, or of a login that may do more. */
export interface StepUp {
  /** Whether another login is waited for. */
  waiting: boolean;
  /** What the last 401 asked for. */
  challenge: Wish;
  /** What a refusal for want of a login means; undefined for every other error. `of`: a handshake is repeated by the login itself. */
  explain(thrown: unknown, of?: 'handshake'): GatewayError | undefined;
}

/**
 * Knows the requests that a login is not enough for by what the SDK's transports throw of them: a 401 or 403 is about that
 * request alone. What they lack is written down for the next `plugmux login`; everything else goes on with the login there is.
 */
export function createStepUp(id: string, server: RemoteServer, record: LoginRecord, via = ''): StepUp {
  const { host } = server.url;
  const refused = (message: string, fix: string, cause: Error): GatewayError =>
    new GatewayError('NEEDS_CONFIGURATION', message, { plugin: id, fix, cause });

  const await401 = (of: 'handshake' | undefined): void => {
    stepUp.waiting = true;
    if (of !== undefined) return;
    const { scope, metadata } = stepUp.challenge;
    // What the operator wants to ask for is widened by what a login turned out to lack, not by what a server would like.
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
        const message = scope === undefined ? `${host} wants another login for this` : `${host} wants the scope "${scope}" for this`;
        return refused(`${message}; the one there is may not do it.`, toFix(wish), thrown);
      }
      const status = statusOf(thrown);
      if (status === 401 || thrown.name === 'UnauthorizedError') {
        if (!hasToken(server)) await401(of);
        return loginNeeded(id, server);
      }
      if (status !== 403) return undefined;
      const said = rpcErrorIn(thrown)?.message;
      const fix = via === '' ? toFix({}) : `${toFix({})} If it is the proxy that refuses, have it let ${host} through.`;
      return refused(`${host}${via} refuses this login (HTTP 403)${said === undefined ? '' : `: ${said}`}.`, fix, thrown);
    },
  };
  const toFix = (wish: Wish): string => {
    const { scope } = wish;
    if (hasToken(server)) return 'Give a token that may do it in the "Authorization" of its "headers".';
    record.want(wish);
    stepUp.waiting = true;
    if (server.login?.grant === 'client_credentials' && record.which() === undefined)
      return `Add it to the "scope" of its "oauth"${scope === undefined ? '' : `: "${scope}"`}, or run \`plugmux login ${id}\` as a person.`;
    return `Run \`plugmux login ${id}\`: it asks for what is missing, too.`;
  };
  return stepUp;
}

/** A fetch that throws what the SDK's newer transport throws by itself. */
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
