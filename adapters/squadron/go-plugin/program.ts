/** A program that serves as a plugin, and what it is configured with. */
export interface PluginProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** Both sides show a certificate; `required`: a plugin that shows none is refused. */
  readonly tls: 'off' | 'wanted' | 'required';
  readonly startMs: number;
  /** How long a plugin may be silent past the deadline of its oldest call. */
  readonly silentMs: number;
}
