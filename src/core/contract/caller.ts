/** Who asks: one person or program, through one profile. A caller holds no connection and no catalogue. */
export interface Caller {
  /** The token's principal, or LOCAL_PRINCIPAL where no token is needed. */
  readonly principal: string;
  /** The profile whose tools this caller sees. */
  readonly profile: string;
  readonly scopes: readonly string[];
  /** Stands for the token it came by and for what that allows, without telling anything of it; absent where there was none. */
  readonly login?: string;
  /** Many clients may be this one caller: they came over the network and nobody asked them for a token. */
  readonly anonymous?: boolean;
}

/** The profile of the unnamed endpoint. */
export const DEFAULT_PROFILE = 'default';

/** Whoever needs no token. */
export const LOCAL_PRINCIPAL = 'local';

/** The caller on a machine's own loopback or stdio, where no token is asked for. */
export function localCaller(profile: string = DEFAULT_PROFILE): Caller {
  return { principal: LOCAL_PRINCIPAL, profile, scopes: [] };
}
