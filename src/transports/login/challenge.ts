import type { GatewayScope, JwtConfig } from '../../config/auth/auth.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { HttpError } from '../edge/http-error.ts';
import { metadataAddress, placeFor } from './places.ts';

/** Why a request is challenged. Absent: it has no token at all. */
export type ChallengeError = 'invalid_token' | 'insufficient_scope';

/** A request that needs another login. */
export interface Challenge {
  readonly error?: ChallengeError | undefined;
  /** All scopes of the operation, by their names in the gateway. */
  readonly scopes: readonly string[];
  /** The principal that lacks them. */
  readonly principal?: string | undefined;
}

/** The response to a request that needs another login. */
export class LoginError extends HttpError {
  readonly challenge: Challenge;
  constructor(status: number, code: ErrorCode, message: string, challenge: Challenge, header = plainChallenge(challenge)) {
    super(status, code, message, { 'WWW-Authenticate': header });
    this.challenge = challenge;
  }

  /** The same with another challenge in its header. */
  answering(header: string): LoginError {
    return new LoginError(this.status, this.code, this.message, this.challenge, header);
  }
}

/** The response to a request without a valid token. */
export function unauthenticated(error?: ChallengeError): HttpError {
  return new LoginError(401, 'UNAUTHENTICATED', 'A valid bearer token is needed.', { error, scopes: ['use'] });
}

/** The response to a request whose token lacks scopes. `scopes`: all that the request needs. */
export function insufficientScope(scopes: readonly string[], principal: string): HttpError {
  const message = `The login lacks a scope that this request needs: ${scopes.join(', ')}.`;
  return new LoginError(403, 'SCOPE_MISSING', message, { error: 'insufficient_scope', scopes, principal });
}

/** The challenge where tokens stand in mcp.json: there is nowhere to get another one, so only what is missing is said. */
export function plainChallenge({ error, scopes }: Challenge): string {
  return error === 'insufficient_scope'
    ? `Bearer realm="plugmux", error="${error}", scope="${scopes.join(' ')}"`
    : 'Bearer realm="plugmux"';
}

/** The challenge that leads a client to the authorization server (RFC 6750, RFC 9728). */
export function fullChallenge(
  { error, scopes, principal }: Challenge,
  path: string,
  published: string,
  issuers: readonly JwtConfig[],
): string {
  const issuer = issuers.find(({ name }) => principal?.startsWith(`jwt:${name}:`)) ?? issuers[0];
  const names = scopes.flatMap((scope) => nameOf(scope, issuer) ?? []);
  const parts = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    `resource_metadata="${metadataAddress(published, placeFor(path))}"`,
    ...(names.length === 0 ? [] : [`scope="${names.join(' ')}"`]),
  ];
  return `Bearer ${parts.join(', ')}`;
}

/** The name of a scope at an issuer: mapped for the gateway's own, unchanged for those of tools. */
function nameOf(scope: string, issuer: JwtConfig | undefined): string | undefined {
  const names = Object.entries(issuer?.scopes ?? {});
  const mapped = names.find(([, own]) => own === (scope as GatewayScope))?.[0];
  return mapped ?? (OWN.has(scope) ? undefined : scope);
}

const OWN: ReadonlySet<string> = new Set<GatewayScope>(['use', 'events', 'observe', 'metrics', 'admin']);
