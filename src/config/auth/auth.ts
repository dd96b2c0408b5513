import * as z from 'zod';
import { isLoopback } from '../../core/addresses.ts';

/** The rights that the gateway itself knows. `admin` includes the others. */
export const GATEWAY_SCOPES = ['use', 'events', 'observe', 'metrics', 'admin'] as const;

/** A right that the gateway itself knows. */
export type GatewayScope = (typeof GATEWAY_SCOPES)[number];

/** Signature algorithms with a public key. A shared secret (HS*) or no signature would let others make tokens. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;

/** An authorization server whose tokens the gateway accepts. */
export interface JwtConfig {
  /** Begins the principals of its tokens. */
  readonly name: string;
  readonly issuer: string;
  /** The audiences that its tokens may have. Absent: the addresses of the gateway. */
  readonly audience?: readonly string[] | undefined;
  readonly jwksUri?: string | undefined;
  readonly algorithms: readonly string[];
  readonly scopeClaims: readonly string[];
  /** The gateway's scopes by their names at the issuer. */
  readonly scopes: Readonly<Record<string, GatewayScope>>;
  readonly principalClaim: string;
  readonly profileClaim?: string | undefined;
  /** The profiles beside `default` that its tokens may use. */
  readonly profiles: readonly string[];
}

/** The defaults of an entry of `auth.jwt`. */
export const JWT_DEFAULTS = {
  algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  scopeClaims: ['scope', 'scp', 'permissions'],
  scopes: { 'mcp:use': 'use', 'mcp:events': 'events' },
  principalClaim: 'sub',
  profiles: [],
} as const satisfies Partial<JwtConfig>;

// The characters that a bearer token in an Authorization header can have.
const BEARER = /^[\x21-\x7e]*$/;
// RFC 6749, 3.3. Nothing in it can end the quoted string of a challenge.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** The name of a scope. */
export const scopeName = z.string().regex(SCOPE, 'the name of a scope: printable ASCII without spaces, quotes and backslashes');

/** The scopes that tools need beyond `use`, by name or glob. */
export const toolScopes = z
  .record(z.string(), z.union([scopeName, z.array(scopeName).min(1, 'one scope or more')]))
  .describe('scopes that a login needs to call tools, by tool name (globs): one, or a list');

const address = z.string().max(2_048).refine(isTrustworthy, 'an https address without a query (http only on this machine)');

/** The `auth` key. `id`: the schema of ids. */
export function authSchema(id: z.ZodType<string>) {
  return z.strictObject({
    tokens: z
      .array(
        z.strictObject({
          token: z.string().min(16).regex(BEARER, 'printable ASCII without spaces, as an Authorization header carries it'),
          principal: id,
          profile: id.optional(),
          scopes: z.array(z.string()).optional(),
        }),
      )
      .min(1, 'a list with at least one token: with an empty list, anyone could connect')
      .optional(),
    jwt: z
      .array(
        z.strictObject({
          name: id.describe('begins the principals of its tokens: jwt:<name>:<sub>'),
          issuer: address.describe('exactly the "iss" of its tokens'),
          audience: z
            .array(z.string().min(1))
            .min(1, 'a list with at least one audience')
            .optional()
            .describe('audiences that its tokens may have; default: the addresses of this gateway below listen.public'),
          jwksUri: address.optional().describe("address of its keys; default: as the issuer's metadata names it"),
          algorithms: z.array(z.enum(ALGORITHMS)).min(1, 'a list with at least one algorithm').optional(),
          scopeClaims: z.array(z.string().min(1)).optional().describe('claims that hold scopes; default: scope, scp, permissions'),
          scopes: z
            .record(scopeName, z.enum(GATEWAY_SCOPES))
            .optional()
            .describe("the gateway's scopes by their names at the issuer; default: mcp:use and mcp:events"),
          principalClaim: z.string().min(1).optional().describe('claim that names the user; default: sub'),
          profileClaim: z.string().min(1).optional().describe('claim that binds a token to a profile'),
          profiles: z.array(id).optional().describe('profiles beside default that its tokens may use'),
        }),
      )
      .min(1, 'a list with at least one issuer')
      .optional()
      .describe('authorization servers whose tokens (JWT) are accepted; needs listen.public'),
  });
}

/** An entry of `auth.jwt` as the file states it. */
type JwtFile = NonNullable<z.infer<ReturnType<typeof authSchema>>['jwt']>[number];

/** Completes an entry of `auth.jwt` with the defaults. */
export function toJwtConfig(file: JwtFile): JwtConfig {
  const stated = Object.fromEntries(Object.entries(file).filter(([, value]) => value !== undefined)) as JwtFile;
  return { ...JWT_DEFAULTS, ...stated };
}

/** Whether an address may name keys or metadata: https, or http on this machine; without a login, a query and a fragment. */
export function isTrustworthy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username + password + search + hash !== '' || /[?#]/.test(text)) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
}

/** Whether callers must log in. */
export function needsLogin({
  tokens,
  jwt,
}: {
  readonly tokens: readonly unknown[];
  readonly jwt?: readonly unknown[] | undefined;
}): boolean {
  return tokens.length > 0 || jwt !== undefined;
}
