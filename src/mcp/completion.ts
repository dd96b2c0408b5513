import { GatewayError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { Completion } from '../core/prompt.ts';
import { admitCompletion } from '../gateway/admit.ts';
import type { Reply, Request } from './peer.ts';
import { toResult } from './results.ts';

/** The protocol's cap on values in one answer. */
const MOST_VALUES = 100;

/** `completion/complete`: values for an argument of a prompt or a variable of a template. No values is no error. */
export async function completeArgument(request: Request): Promise<Reply> {
  const { ref, argument, context } = request.params;
  if (!isJsonObject(ref) || !isJsonObject(argument) || typeof argument.name !== 'string' || typeof argument.value !== 'string') {
    throw new GatewayError('INVALID_PARAMS', '"ref" and "argument" with "name" and "value" are needed.');
  }
  const known = isJsonObject(context) && isJsonObject(context.arguments) ? (context.arguments as Record<string, string>) : {};
  const complete = findCompleter(request, ref.type, ref.type === 'ref/prompt' ? ref.name : ref.uri);
  const found = complete ? admitCompletion(await complete(argument.name, argument.value, known)) : { values: [], total: 0, hasMore: false };
  const { values, total, hasMore } = found;
  const completion = { values: values.slice(0, MOST_VALUES), total, hasMore: values.length > MOST_VALUES || hasMore };
  return toResult({ completion }, request.era);
}

type Completer = (name: string, typed: string, known: Readonly<Record<string, string>>) => Promise<readonly string[] | Completion>;

function findCompleter(request: Request, type: unknown, name: unknown): Completer | undefined {
  const { prompts, templates, resources } = request.view();
  if (type === 'ref/prompt' && typeof name === 'string') {
    const entry = prompts.get(name);
    if (entry) return entry.prompt.complete?.bind(entry.prompt);
  } else if (type === 'ref/resource' && typeof name === 'string') {
    const entry = templates.get(name);
    if (entry) return entry.resource.complete?.bind(entry.resource);
    if (resources.has(name)) return undefined;
  }
  throw new GatewayError('INVALID_PARAMS', 'There is no such prompt or resource template.', { field: 'ref' });
}
