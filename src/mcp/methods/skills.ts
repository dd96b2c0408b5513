import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Handler, Request } from '../request.ts';
import { toResult } from '../wire/results.ts';

/** The methods of the extension `io.modelcontextprotocol/skills`. `hints`: the caching fields of the modern era. */
export function createSkillMethods(gateway: Gateway, hints: () => object): Readonly<Record<string, Handler>> {
  const reply = ({ era }: Request, result: object): string =>
    wellFormedJson(toResult({ ...result, ...(era.kind === 'modern' ? hints() : {}) }, era));
  return {
    'skills/list': async (request) => {
      const { skills, next } = await gateway.listSkills(cursorOf(request.params), request.call());
      return reply(request, { skills, nextCursor: next === undefined ? undefined : Buffer.from(next).toString('base64url') });
    },
    'skills/get': async (request) => reply(request, { skill: await gateway.getSkill(uriOf(request.params), request.call()) }),
    'resources/directory/read': async (request) => {
      if (cursorOf(request.params) !== '') throw unknownCursor();
      return reply(request, { resources: await gateway.readDirectory(uriOf(request.params), request.call()) });
    },
  };
}

// A cursor is the address of the last skill of a page, so it stays valid while skills come and go.
function cursorOf({ cursor = null }: JsonObject): string {
  if (cursor === null || cursor === '') return '';
  if (typeof cursor !== 'string' || !/^[\w-]+$/.test(cursor)) throw unknownCursor();
  return Buffer.from(cursor, 'base64url').toString();
}

function unknownCursor(): GatewayError {
  return new GatewayError('INVALID_PARAMS', 'Unknown cursor.', { field: 'cursor' });
}

function uriOf({ uri }: JsonObject): string {
  if (typeof uri === 'string') return uri;
  throw new GatewayError('INVALID_PARAMS', '"uri" must be a string.', { field: 'uri' });
}
