/** Who makes a request: a principal and a profile. Has no reference to a connection or catalogue. */
export interface Caller {
  /** The token's principal, or LOCAL_PRINCIPAL if no token is needed. */
  readonly principal: string;
  /** The profile whose tools this caller sees. */
  readonly profile: string;
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

/** The caller over loopback or stdio, which need no token. */
export function localCaller(profile: string = DEFAULT_PROFILE): Caller {
  return { principal: LOCAL_PRINCIPAL, profile, scopes: [] };
}
