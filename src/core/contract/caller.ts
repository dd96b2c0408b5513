/** Who makes a request: a principal and a profile. Has no reference to a connection or catalogue. */
export interface Caller {
  /** The token's principal, or LOCAL_PRINCIPAL if no token is needed. */
  readonly principal: string;
  /** The profile whose tools this caller sees. */
  readonly profile: string;
  /** Rights of the gateway, and scopes that tools may need. */
  readonly scopes: readonly string[];
  /** Opaque id of the token and its permissions; absent without a token. */
  readonly login?: string;
  /** Set for network clients without a token; many clients may share this caller. */
  readonly anonymous?: boolean;
}

/** The profile of the unnamed endpoint. */
export const DEFAULT_PROFILE = 'default';

/** The principal of callers that need no token. */
export const LOCAL_PRINCIPAL = 'local';

/** What callers that need no token may do. */
export const LOCAL_SCOPES: readonly string[] = ['use', 'events'];

/** Whether a list of scopes grants one; `admin` grants all. */
export function grants(scopes: readonly string[], scope: string): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}

/** The caller over loopback or stdio, which need no token. */
export function localCaller(profile: string = DEFAULT_PROFILE): Caller {
  return { principal: LOCAL_PRINCIPAL, profile, scopes: LOCAL_SCOPES };
}
