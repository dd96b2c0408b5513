import type { Tls } from '../options.ts';

/** A program that serves as a plugin, and what it is configured with. */
export interface PluginProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** What mends it where it ends before it is connected. */
  readonly fix?: string;
  /** Its files must stay as they were installed. */
  readonly fixed: boolean;
  readonly tls: Tls;
  readonly startMs: number;
  /** Largest message it may send. */
  readonly largestBytes: number;
  /** How long a plugin may be silent past the deadline of its oldest call. */
  readonly silentMs: number;
}
