import * as z from 'zod';
import type { ToolResult } from '../../core/contract/content.ts';
import { GatewayError } from '../../core/errors.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { silentLog } from '../../core/log.ts';
import { orOneOf } from '../../core/text/nearest.ts';
import { auditCaller } from '../../gateway/audit/audit-fields.ts';
import { Call, silentClient } from '../../gateway/call/call.ts';
import type { PluginStatus } from '../../registry/plugin-status.ts';
import type { ConsoleContext } from '../context.ts';
import { type ConsoleRoute, route } from './route.ts';
import { callerOf, pluginOf } from './shown/ask.ts';
import { readChoices } from './shown/read-choices.ts';
import type { ChoicesAnswer } from './types.ts';

/** How long the function of a plugin may take. */
const LIMIT_MS = 10_000;
const name = z.string().min(1).max(200);

/**
 * The choices of a setting, or of a parameter of a trigger, that a function of the plugin knows. The function runs as a call of its
 * tool, with everything that a call passes, and with the settings that are stored: `values` of a form do not reach it.
 */
export const choiceRoutes: readonly ConsoleRoute[] = [
  route('post', '/plugins/:id/choices', {
    scope: 'admin',
    body: z.strictObject({ trigger: name.optional(), key: name, values: z.record(z.string(), z.json()).optional() }),
    async handle({ app }, { params, body, by, signal }): Promise<ChoicesAnswer> {
      const status = pluginOf(app, params.id ?? '');
      const { declared, what } = await declaredBy(app, status, body);
      const wanted = asObject(declared);
      const entry = [...app.registry.catalogue().tools.values()].find(
        ({ plugin, tool }) => plugin.id === status.id && tool.name === wanted.function,
      );
      if (!entry) {
        throw new GatewayError(
          'PLUGIN_FAILED',
          `The choices of ${what} come from the function "${wanted.function}", which is not served.`,
          {
            plugin: status.id,
            fix: 'Look at the state and the problems of the plugin, and enter the value by hand.',
          },
        );
      }
      const caller = callerOf(app, by.principal);
      const call = new Call(caller, { ...silentClient(silentLog), clientName: 'console' });
      signal.addEventListener('abort', () => call.abort(new GatewayError('CALL_CANCELLED', String(signal.reason))), { once: true });
      const late = setTimeout(() => call.abort(tooLate(entry.name)), LIMIT_MS);
      try {
        const { result, failure } = await app.gateway.call(
          entry.name,
          asObject(wanted.args),
          call,
          auditCaller(caller, 'console', 'console'),
        );
        if (failure) throw failure;
        return { choices: choicesIn(result, wanted, what) };
      } finally {
        clearTimeout(late);
      }
    },
  }),
];

async function declaredBy(
  app: ConsoleContext['app'],
  status: PluginStatus,
  { trigger, key }: { readonly trigger?: string | undefined; readonly key: string },
): Promise<{ declared: JsonValue; what: string }> {
  const of = trigger === undefined ? undefined : status.triggers.find(({ id }) => id === trigger);
  if (trigger !== undefined && !of)
    throw new GatewayError('NOT_FOUND', `Plugin "${status.id}" has no trigger "${trigger}".`, {
      fix:
        orOneOf(
          trigger,
          status.triggers.map(({ id }) => id),
        ) ?? 'It declares no trigger.',
    });
  const schema = of ? of.params : (await app.settings.read(status.id))?.schema;
  const properties = asObject(schema?.properties);
  const what = of ? `"${key}" of the trigger "${trigger}"` : `the setting "${key}"`;
  if (!Object.hasOwn(properties, key))
    throw new GatewayError('NOT_FOUND', `Plugin "${status.id}" does not declare ${what}.`, {
      fix: orOneOf(key, Object.keys(properties)) ?? 'It declares none.',
    });
  const declared = asObject(properties[key])['x-choices'];
  if (isJsonObject(declared)) return { declared, what };
  throw new GatewayError('INVALID_PARAMS', `No function of plugin "${status.id}" knows the choices of ${what}.`, {
    field: 'key',
    fix: 'Enter the value, or take one of its "enum" in the schema of GET /plugins/:id/settings.',
  });
}

function choicesIn({ isError, structured, content }: ToolResult, wanted: JsonObject, what: string): ChoicesAnswer['choices'] {
  const [first] = content;
  const text = first?.type === 'text' ? first.text : '';
  const found = isError === true ? undefined : readChoices(structured ?? parsed(text), wanted);
  if (found) return found;
  const why = isError === true ? `failed: ${text}` : `returned no list at "${wanted.value}"`;
  throw new GatewayError('PLUGIN_FAILED', `The function "${wanted.function}", which knows the choices of ${what}, ${why}.`, {
    fix: 'Enter the value by hand, or look at the log of the plugin.',
  });
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

function tooLate(tool: string): GatewayError {
  return new GatewayError('CALL_TIMEOUT', `The function "${tool}" did not return the choices within ${LIMIT_MS / 1000} s.`);
}
