/** The program of a plugin process, whatever its language; it speaks the channel on descriptors 3 and 4. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What mends it where it ends before its first word. */
  readonly fix?: () => string;
  /** Whether it reads and writes numbers as they were sent, or in doubles. */
  readonly exactNumbers?: boolean;
}
