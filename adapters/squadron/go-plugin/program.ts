import type { Tls } from '../options.ts';

/** A plugin program and its configuration. */
export interface PluginProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** The fix to show if it exits before it is connected. */
  readonly fix?: string;
  /** Whether its files must not change after installation. */
  readonly fixed: boolean;
  readonly tls: Tls;
  readonly startMs: number;
  /** Maximum size of a message from it, in bytes. */
  readonly largestBytes: number;
  /** How long a plugin may stay unresponsive after its oldest call timed out. */
  readonly silentMs: number;
}
