import type { Problem } from '../../../src/core/contract/plugin.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject, type JsonValue } from '../../../src/core/json/json.ts';

/** Result of one health check; sent over the plugin channel as JSON. */
export interface Health {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'error';
  readonly message: string;
}

/** Validates the plugin process's reply to a health check. Throws PLUGIN_PROTOCOL_ERROR. */
export function readHealth(reply: JsonValue): readonly Health[] {
  const good = Array.isArray(reply) && reply.every((item) => isJsonObject(item) && isText(item.name) && isText(item.message));
  if (!good) throw new GatewayError('PLUGIN_PROTOCOL_ERROR', "The plugin's process returned something other than a list of health checks.");
  return reply as unknown as readonly Health[];
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** Checks that reported a warning or an error, errors first. */
export function toHealthProblems(all: readonly Health[]): Problem[] {
  const at = (status: Health['status']): Problem[] =>
    all
      .filter((health) => health.status === status)
      .map(({ name, message }) => ({ subject: `health: ${name}`, message: `${status}: ${message}` }));
  return [...at('error').map((problem) => ({ code: 'PLUGIN_FAILED' as const, ...problem })), ...at('warn')];
}
