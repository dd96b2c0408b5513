/** Hosts: exact, `*.suffix` or `*`. What `deny` names stays out whatever `allow` says. */
export interface NetworkBounds {
  /** Absent: the profile restricts nothing. */
  readonly allow?: readonly string[];
  readonly deny: readonly string[];
  /** Addresses of this machine and of private networks. */
  readonly allowPrivate: boolean;
}

/** Absolute paths of files, or of folders with all they hold. */
export interface FsBounds {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly workdir?: string;
}

/** How far plugins may reach on behalf of a profile, for formats whose plugins reach out through their host. */
export interface Bounds {
  readonly network?: NetworkBounds;
  readonly fs?: FsBounds;
}

/** A profile that says nothing. */
export const NO_BOUNDS: Bounds = {};
