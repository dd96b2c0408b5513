import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Question, QuestionKind, Questions } from '../../src/core/question.ts';

/** What we say we can answer where that is settled once for a connection: everything, since any client may call. */
export const ALL_KINDS: readonly QuestionKind[] = ['form', 'url', 'sampling', 'roots'];

/** What a client can be asked, as the capabilities of a client. */
export function toCapabilities(kinds: readonly QuestionKind[]): JsonObject {
  const elicitation = { ...(kinds.includes('form') ? { form: {} } : {}), ...(kinds.includes('url') ? { url: {} } : {}) };
  return {
    ...(Object.keys(elicitation).length > 0 ? { elicitation } : {}),
    ...(kinds.includes('sampling') ? { sampling: {} } : {}),
    ...(kinds.includes('roots') ? { roots: {} } : {}),
  };
}

/** A server's question in the gateway's words. */
export function toQuestion(method: string, params: JsonObject): Question {
  const { _meta: _, ...rest } = params;
  switch (method) {
    case 'roots/list':
      return { kind: 'roots' };
    case 'sampling/createMessage':
      return { kind: 'sampling', params: rest };
    case 'elicitation/create': {
      const message = typeof rest.message === 'string' ? rest.message : '';
      if (rest.mode === 'url' && typeof rest.url === 'string') return { kind: 'url', message, url: safeAddress(rest.url) };
      return {
        kind: 'form',
        message,
        schema: isJsonObject(rest.requestedSchema) ? rest.requestedSchema : { type: 'object', properties: {} },
      };
    }
    default:
      throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The server asked something that clients do not know: ${method.slice(0, 64)}.`);
  }
}

/** The questions of an answer that needs more input, by their keys. */
export function toQuestions(requests: JsonValue | undefined): Questions {
  const entries = Object.entries(isJsonObject(requests) ? requests : {});
  return Object.fromEntries(
    entries.map(([key, request]): [string, Question] => {
      if (!isJsonObject(request) || typeof request.method !== 'string') {
        throw new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server asked for input in a form that is not known.');
      }
      return [key, toQuestion(request.method, isJsonObject(request.params) ? request.params : {})];
    }),
  );
}

// What a person's client may open: never a script, a file or a program.
function safeAddress(url: string): string {
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  if (scheme === 'https:' || scheme === 'http:') return url;
  throw new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server wants a person to open an address that is no web page.');
}
