import type { FetchLike } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import { hasToken, type RemoteServer } from '../entry.ts';
import { joinScopes } from './scopes.ts';
import type { LoginRecord } from './stored.ts';

const NOT_ENOUGH = 'insufficient_scope';

/** A login that is good, but not for everything. */
export interface StepUp {
  /** Whether a login that may do more is waited for. */
  waiting: boolean;
  /** What a refusal for want of a scope means; undefined for every other error. */
  explain(thrown: unknown): GatewayError | undefined;
}

/**
 * Knows the calls that a login is not enough for by what the SDK's transport throws of them. What they lack is written
 * down for the next `plugmux login`; everything else goes on with the login there is.
 */
export function createStepUp(id: string, server: RemoteServer, record: LoginRecord): StepUp {
  const stepUp: StepUp = {
    waiting: false,
    explain(thrown) {
      if (!(thrown instanceof Error) || !Object.hasOwn(thrown, 'requiredScope')) return undefined;
      const scope = joinScopes((thrown as { requiredScope?: unknown }).requiredScope);
      const { host } = server.url;
      const message = scope === undefined ? `${host} wants another login for this` : `${host} wants the scope "${scope}" for this`;
      return new GatewayError('NEEDS_CONFIGURATION', `${message}; the one there is may not do it.`, {
        plugin: id,
        fix: toFix(scope),
        cause: thrown,
      });
    },
  };
  const toFix = (scope: string | undefined): string => {
    if (hasToken(server)) return 'Give a token that may do it in the "Authorization" of its "headers".';
    if (server.login?.grant === 'client_credentials')
      return `Add it to the "scope" of its "oauth"${scope === undefined ? '' : `: "${scope}"`}.`;
    record.want(scope);
    stepUp.waiting = true;
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
    const { error, scope } = extractWWWAuthenticateParams(response);
    if (error !== NOT_ENOUGH) return response;
    throw new InsufficientScopeError({ ...(scope === undefined ? {} : { requiredScope: scope }) });
  };
}
