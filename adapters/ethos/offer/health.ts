import type { Problem } from '../../../src/core/contract/plugin.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject, type JsonValue } from '../../../src/core/json/json.ts';

/** What one health check of a plugin found; crosses the plugin channel as JSON. */
export interface Health {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'error';
  readonly message: string;
}

/** The answer of a plugin's process as a list of findings. */
export function readHealth(reply: JsonValue): readonly Health[] {
  const good = Array.isArray(reply) && reply.every((item) => isJsonObject(item) && isText(item.name) && isText(item.message));
  if (!good)
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', "The plugin's process answered its health checks with something else than a list.");
  return reply as unknown as readonly Health[];
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** What is not well, errors first. */
export function toHealthProblems(all: readonly Health[]): Problem[] {
  const at = (status: Health['status']): Problem[] =>
    all
      .filter((health) => health.status === status)
      .map(({ name, message }) => ({ subject: `health: ${name}`, message: `${status}: ${message}` }));
  return [...at('error').map((problem) => ({ code: 'PLUGIN_FAILED' as const, ...problem })), ...at('warn')];
}
