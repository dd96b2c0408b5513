/** The LLM clients that have an export. */
export const EXPORT_CLIENTS = [
  'claude-code',
  'claude-desktop',
  'cursor',
  'vscode',
  'gemini-cli',
  'copilot-cli',
  'codex',
  'opencode',
  'cline',
  'windsurf',
  'zed',
  'continue',
] as const;

/** The LLM APIs that have an export. */
export const EXPORT_APIS = ['openai', 'anthropic', 'gemini', 'openapi'] as const;

/** Exports that are the same for every configuration. */
export const EXPORT_BOARDS = ['grafana'] as const;

/** A client or an API. */
export type ExportTarget = (typeof EXPORT_CLIENTS)[number] | (typeof EXPORT_APIS)[number];

export const EXPORT_TARGETS: readonly ExportTarget[] = [...EXPORT_CLIENTS, ...EXPORT_APIS];

/** Whether there is an export of this name. */
export function isExportTarget(name: string): name is ExportTarget {
  return (EXPORT_TARGETS as readonly string[]).includes(name);
}

/** Whether a target is a client, which lists the tools itself, and not an API. */
export function isExportClient(target: ExportTarget): boolean {
  return (EXPORT_CLIENTS as readonly string[]).includes(target);
}
