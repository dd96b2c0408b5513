/** How to start a plugin process. It uses file descriptors 3 and 4 for the channel. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The fix to report if it ends before the handshake. */
  readonly fix?: () => string;
  /** Whether it supports exact numbers; otherwise it gets doubles. */
  readonly exactNumbers?: boolean;
}
