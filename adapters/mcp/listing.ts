import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { RpcFailure } from './messages.ts';
import { isDeeper } from './nesting.ts';
import type { Lists } from './offer.ts';
import type { Session } from './session.ts';

const MOST_PAGES = 64;
// A schema of 64 levels in a tool.
const MOST_LEVELS = 68;
const METHOD_NOT_FOUND = -32601;

/** One list of a server, from every page; `fault` says why it cannot be used. */
interface Listed {
  readonly items: readonly JsonValue[];
  readonly fault?: GatewayError;
}

/** Everything a server lists, as it comes. A list that cannot be used is as it was `before`, and costs none of the others. */
export async function listAll(session: Session, before?: Lists): Promise<Lists> {
  const list = (feature: string, method: string, key: string): Promise<Listed> =>
    session.can(feature) ? listOne(session, method, key) : Promise.resolve({ items: [] });
  const [tools, prompts, resources, resourceTemplates] = await Promise.all([
    list('tools', 'tools/list', 'tools'),
    list('prompts', 'prompts/list', 'prompts'),
    list('resources', 'resources/list', 'resources'),
    list('resources', 'resources/templates/list', 'resourceTemplates'),
  ]);
  const usable = ({ items, fault }: Listed, last: readonly JsonValue[] = []): readonly JsonValue[] => (fault ? last : items);
  return {
    tools: usable(tools, before?.tools),
    prompts: usable(prompts, before?.prompts),
    resources: usable(resources, before?.resources),
    resourceTemplates: usable(resourceTemplates, before?.resourceTemplates),
    faults: [tools, prompts, resources, resourceTemplates].flatMap(({ fault }) => fault ?? []),
  };
}

async function listOne(session: Session, method: string, key: string): Promise<Listed> {
  try {
    return { items: await pagesOf(session, method, key) };
  } catch (error) {
    // An answer that breaks the rules costs the list it was for.
    if (error instanceof GatewayError && error.outcome === 'REPLIED_INVALID') return { items: [], fault: error };
    throw error;
  }
}

async function pagesOf(session: Session, method: string, key: string): Promise<readonly JsonValue[]> {
  const items: JsonValue[] = [];
  const pages = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const params: JsonObject = cursor === undefined ? {} : { cursor };
    const result = await session.request(method, params).catch((error) => {
      // Some servers promise a feature and know only part of its methods.
      if (error instanceof RpcFailure && error.number === METHOD_NOT_FOUND) return { [key]: [] } as JsonObject;
      throw error;
    });
    if (!Array.isArray(result[key])) throw invalid(`${method} was answered without a list in "${key}"`);
    // Nothing that goes through all of an item gets one that is nested without end.
    const found = result[key].map((item) => (isDeeper(item, MOST_LEVELS) ? null : item));
    // Some servers mean the end by an empty cursor, and answer that one with the first page again.
    const text = JSON.stringify(found);
    if (found.length > 0 && pages.has(text)) return items;
    pages.add(text);
    for (const item of found) items.push(item);
    const { nextCursor } = result;
    // A cursor that does not move would be followed for ever.
    if (nextCursor === undefined || nextCursor === null || nextCursor === cursor) return items;
    if (typeof nextCursor !== 'string') throw invalid(`${method} was answered with a cursor that is not a text`);
    cursor = nextCursor;
  }
  throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `${method} has more than ${MOST_PAGES} pages.`);
}

function invalid(why: string): GatewayError {
  return new GatewayError('RESULT_INVALID', `The list cannot be used: ${why}.`);
}
