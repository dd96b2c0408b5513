import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { RpcFailure } from './link.ts';
import type { Lists } from './offer.ts';
import type { Session } from './session.ts';

const MOST_PAGES = 64;
const METHOD_NOT_FOUND = -32601;

/** Everything a server lists, from every page, as it comes. */
export async function listAll(session: Session): Promise<Lists> {
  const list = (feature: string, method: string, key: string): Promise<readonly JsonValue[]> =>
    session.can(feature) ? listOne(session, method, key) : Promise.resolve([]);
  const [tools, prompts, resources, resourceTemplates] = await Promise.all([
    list('tools', 'tools/list', 'tools'),
    list('prompts', 'prompts/list', 'prompts'),
    list('resources', 'resources/list', 'resources'),
    list('resources', 'resources/templates/list', 'resourceTemplates'),
  ]);
  return { tools, prompts, resources, resourceTemplates };
}

async function listOne(session: Session, method: string, key: string): Promise<readonly JsonValue[]> {
  const items: JsonValue[] = [];
  const pages = new Set<string>();
  let cursor: JsonValue | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const params: JsonObject = cursor === undefined ? {} : { cursor };
    const result = await session.request(method, params).catch((error) => {
      // Some servers promise a feature and know only part of its methods.
      if (error instanceof RpcFailure && error.number === METHOD_NOT_FOUND) return {} as JsonObject;
      throw error;
    });
    const found = Array.isArray(result[key]) ? result[key] : [];
    // Some servers mean the end by an empty cursor, and answer that one with the first page again.
    const text = JSON.stringify(found);
    if (found.length > 0 && pages.has(text)) return items;
    pages.add(text);
    items.push(...found);
    const { nextCursor } = result;
    // A cursor that does not move would be followed for ever.
    if (nextCursor === undefined || nextCursor === null || nextCursor === cursor) return items;
    cursor = nextCursor;
  }
  throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `${method} has more than ${MOST_PAGES} pages.`);
}
