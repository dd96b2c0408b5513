import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { Call } from '../../gateway/call/call.ts';
import type { Outcome } from '../../gateway/call/pipeline.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Tracing } from '../../gateway/tracing.ts';
import type { Handler, Request } from '../request.ts';
import { toCallResult, toPromptResult, toReadResult } from '../wire/results.ts';
import { completeArgument } from './completion.ts';
import { cacheHints, type ListKind, type Lists } from './lists.ts';
import { createSkillMethods } from './skills.ts';

/** The methods that both eras have, by name. */
export type Methods = ReadonlyMap<string, Handler>;

/** Builds the shared methods. `shared`: whether lists and resources are currently the same for every caller. */
export function createMethods(gateway: Gateway, lists: Lists, shared: () => boolean): Methods {
  // Some clients list only once, so the first list waits for plugins that are still opening.
  const list =
    (kind: ListKind): Handler =>
    (request) => {
      const { cursor = null } = request.params;
      if (cursor !== null && cursor !== '')
        throw new GatewayError('INVALID_PARAMS', 'Unknown cursor: lists have one page.', { field: 'cursor' });
      if (kind === 'tools') request.met(true);
      const build = () => lists.get(request.view(), kind, request.era.kind);
      const { caller, session, clientName = '' } = request;
      const refreshed = gateway.refresh({ caller, session, clientName });
      const opening = gateway.whenListed();
      return opening || refreshed ? Promise.all([opening, refreshed]).then(build) : build();
    };

  return new Map<string, Handler>([
    ['tools/list', list('tools')],
    ['prompts/list', list('prompts')],
    ['resources/list', list('resources')],
    ['resources/templates/list', list('resourceTemplates')],
    ['tools/call', (request) => callTool(gateway, request)],
    [
      'prompts/get',
      async (request) =>
        toPromptResult(await gateway.getPrompt(need(request.params, 'name'), textArguments(request.params), request.call()), request.era),
    ],
    [
      'resources/read',
      async (request) =>
        toReadResult(await gateway.readResource(need(request.params, 'uri'), request.call()), request.era, cacheHints(shared())),
    ],
    ['completion/complete', (request) => completeArgument(request, gateway)],
    ...Object.entries(createSkillMethods(gateway, () => cacheHints(shared()))),
  ]);
}

async function callTool(gateway: Gateway, request: Request): Promise<string> {
  const { params, era, audit, clientSemaphore } = request;
  const args = params.arguments ?? {};
  if (!isJsonObject(args))
    throw new GatewayError('INVALID_PARAMS', '"arguments" must be an object.', {
      field: 'arguments',
    });
  const name = need(params, 'name');
  const call = request.call();
  const { tracing } = gateway;
  const { result, failure } = await (tracing === undefined
    ? gateway.call(name, args, call, audit, clientSemaphore)
    : trace(tracing, name, request, call, () => gateway.call(name, args, call, audit, clientSemaphore)));
  // The only failure of a call that the modern era defines as a protocol error.
  if (failure?.code === 'CAPABILITY_MISSING' && era.kind === 'modern') throw failure;
  // A client logs in again, or waits, on an HTTP status; the model gets the failure if there can be none.
  if (failure?.isRefusal === true && request.hasStatus) throw failure;
  return toCallResult(result, era);
}

function trace(tracing: Tracing, tool: string, { session, era, id }: Request, call: Call, run: () => Promise<Outcome>): Promise<Outcome> {
  return tracing.call({ tool, session, revision: era.revision, request: id, meta: call.meta }, (traced) => {
    call.traced = traced;
    return run();
  });
}

/** A required string parameter. Throws INVALID_PARAMS if it is missing. */
export function need(params: JsonObject, name: string): string {
  const value = params[name];
  if (typeof value === 'string') return value;
  throw new GatewayError('INVALID_PARAMS', `"${name}" must be a string.`, {
    field: name,
  });
}

function textArguments({ arguments: given = {} }: JsonObject): Record<string, string> {
  if (!isJsonObject(given) || Object.values(given).some((value) => typeof value !== 'string')) {
    throw new GatewayError('INVALID_PARAMS', 'The arguments of a prompt must be strings.', { field: 'arguments' });
  }
  return given as Record<string, string>;
}
