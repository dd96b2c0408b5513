/** What each kind of client calls itself in its handshake. A name may fit several kinds, or none. */
const NAMES: readonly (readonly [name: RegExp, ...kinds: readonly string[]])[] = [
  [/claude[-_ ]?code/i, 'claude-code'],
  [/claude[-_ ]?(ai|desktop)/i, 'claude-desktop'],
  [/cursor/i, 'cursor'],
  [/windsurf/i, 'windsurf'],
  [/visual[-_ ]studio[-_ ]code|^(?!.*(cursor|windsurf)).*vs-?code/i, 'vscode'],
  [/gemini[-_ ]?cli/i, 'gemini-cli'],
  // The same name for the command and for editors.
  [/copilot/i, 'copilot-cli', 'vscode'],
  [/codex/i, 'codex'],
  [/opencode/i, 'opencode'],
  [/\bcline\b/i, 'cline'],
  [/^zed\b/i, 'zed'],
  [/^continue\b/i, 'continue'],
];

/** Whether a client of this name can be of a kind: yes if the name says so, unless it names only other kinds. */
export function canBe(kind: string, name: string): boolean {
  const kinds = NAMES.flatMap(([pattern, ...all]) => (pattern.test(name) ? all : []));
  return kinds.length === 0 || kinds.includes(kind);
}
