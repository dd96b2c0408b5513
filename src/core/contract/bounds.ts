/** Host patterns: exact, `*.suffix` or `*`. `deny` overrides `allow`. */
export interface NetworkBounds {
  /** Absent: all hosts are allowed. */
  readonly allow?: readonly string[];
  readonly deny: readonly string[];
  /** Allows addresses of this machine and of private networks. */
  readonly allowPrivate: boolean;
}

/** Absolute paths of files and folders; folders include their content. */
export interface FsBounds {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly workdir?: string;
}

/** Network and file access of plugins in one profile, for formats whose host mediates such access. */
export interface Bounds {
  readonly network?: NetworkBounds;
  readonly fs?: FsBounds;
}

/** Bounds of a profile without restrictions. */
export const NO_BOUNDS: Bounds = {};
