import type { Completion } from '../../core/contract/prompt.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json/json.ts';
import { admitCompletion } from '../../gateway/call/admit.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Reply, Request } from '../request.ts';
import { toResult } from '../wire/results.ts';

/** The protocol's cap on values in one answer. */
const MAX_VALUES = 100;

/** `completion/complete`: values for an argument of a prompt or a variable of a template. An empty list is not an error. */
export async function completeArgument(request: Request, gateway: Pick<Gateway, 'opening'>): Promise<Reply> {
  const { ref, argument, context } = request.params;
  if (!isJsonObject(ref) || !isJsonObject(argument) || typeof argument.name !== 'string' || typeof argument.value !== 'string') {
    throw new GatewayError('INVALID_PARAMS', '"ref" and "argument" with "name" and "value" are required.');
  }
  const known = isJsonObject(context) && isJsonObject(context.arguments) ? (context.arguments as Record<string, string>) : {};
  const find = (): Found => findCompleter(request, ref.type, ref.type === 'ref/prompt' ? ref.name : ref.uri);
  let { plugin, complete } = find();
  const opening = plugin === undefined ? undefined : gateway.opening(plugin);
  if (opening) {
    await opening;
    ({ plugin, complete } = find());
  }
  const found = complete ? admitCompletion(await complete(argument.name, argument.value, known)) : { values: [], total: 0, hasMore: false };
  const { values, total, hasMore } = found;
  const completion = { values: values.slice(0, MAX_VALUES), total, hasMore: values.length > MAX_VALUES || hasMore };
  return toResult({ completion }, request.era);
}

type Completer = (name: string, typed: string, known: Readonly<Record<string, string>>) => Promise<readonly string[] | Completion>;

interface Found {
  readonly plugin?: string;
  readonly complete?: Completer | undefined;
}

function findCompleter(request: Request, type: unknown, name: unknown): Found {
  const { prompts, templates, resources } = request.view();
  if (type === 'ref/prompt' && typeof name === 'string') {
    const entry = prompts.get(name);
    if (entry) return { plugin: entry.plugin.id, complete: entry.prompt.complete?.bind(entry.prompt) };
  } else if (type === 'ref/resource' && typeof name === 'string') {
    const entry = templates.get(name);
    if (entry) return { plugin: entry.plugin.id, complete: entry.resource.complete?.bind(entry.resource) };
    if (resources.has(name)) return {};
  }
  throw new GatewayError('INVALID_PARAMS', 'Unknown prompt or resource template.', { field: 'ref' });
}
