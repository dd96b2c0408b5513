import type { Problem } from '../../../src/core/plugin.ts';

/** What one health check of a plugin found; crosses the plugin channel as JSON. */
export interface Health {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'error';
  readonly message: string;
}

/** What is not well, errors first. */
export function toHealthProblems(all: readonly Health[]): Problem[] {
  const at = (status: Health['status']): Problem[] =>
    all
      .filter((health) => health.status === status)
      .map(({ name, message }) => ({ subject: `health: ${name}`, message: `${status}: ${message}` }));
  return [...at('error').map((problem) => ({ code: 'PLUGIN_FAILED' as const, ...problem })), ...at('warn')];
}
