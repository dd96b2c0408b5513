import type { Question, QuestionKind, Questions } from '../../../src/core/contract/question.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { showName } from '../../../src/core/text/text.ts';

/** The capabilities declared once per connection: all, since any client may call. */
export const ALL_KINDS: readonly QuestionKind[] = ['form', 'url', 'sampling', 'roots'];

/** Client capabilities for the kinds of questions that a client can answer. */
export function toCapabilities(kinds: readonly QuestionKind[]): JsonObject {
  const elicitation = { ...(kinds.includes('form') ? { form: {} } : {}), ...(kinds.includes('url') ? { url: {} } : {}) };
  return {
    ...(Object.keys(elicitation).length > 0 ? { elicitation } : {}),
    ...(kinds.includes('sampling') ? { sampling: {} } : {}),
    ...(kinds.includes('roots') ? { roots: {} } : {}),
  };
}

/** Converts a server request to a question. Throws PLUGIN_PROTOCOL_ERROR if it is unknown or malformed. */
export function toQuestion(method: string, params: JsonObject): Question {
  const { _meta: _, ...rest } = params;
  switch (method) {
    case 'roots/list':
      return { kind: 'roots' };
    case 'sampling/createMessage':
      return { kind: 'sampling', params: sampling(rest) };
    case 'elicitation/create':
      return elicitation(rest);
    default:
      throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The server sent an unknown request: ${showName(method)}.`);
  }
}

function sampling(params: JsonObject): JsonObject {
  const { messages, maxTokens } = params;
  if (!Array.isArray(messages) || !messages.every(isMessage)) throw malformed('its "messages" are not a list of messages');
  if (maxTokens !== undefined && !Number.isFinite(toDouble(maxTokens))) throw malformed('its "maxTokens" is not a number');
  return params;
}

function isMessage(message: JsonValue): boolean {
  if (!isJsonObject(message) || (message.role !== 'user' && message.role !== 'assistant')) return false;
  const { content } = message;
  return isJsonObject(content) || (Array.isArray(content) && content.every(isJsonObject));
}

function elicitation({ mode, message, url, requestedSchema }: JsonObject): Question {
  if (typeof message !== 'string') throw malformed('its "message" is not a string');
  if (mode === 'url') {
    if (typeof url !== 'string') throw malformed('its "url" is not a string');
    return { kind: 'url', message, url: safeAddress(url) };
  }
  if (mode !== undefined && mode !== null && mode !== 'form') throw malformed('its "mode" is unknown');
  if (requestedSchema === undefined || requestedSchema === null) {
    return { kind: 'form', message, schema: { type: 'object', properties: {} } };
  }
  if (!isJsonObject(requestedSchema)) throw malformed('its "requestedSchema" is not an object');
  return { kind: 'form', message, schema: requestedSchema };
}

function malformed(why: string): GatewayError {
  return new GatewayError('PLUGIN_PROTOCOL_ERROR', `The server sent a malformed request for input: ${why}.`);
}

/** The questions of an `input_required` result, by key. */
export function toQuestions(requests: JsonValue | undefined): Questions {
  if (requests === undefined || requests === null) return {};
  if (!isJsonObject(requests)) throw malformed('its "inputRequests" are not an object');
  return Object.fromEntries(
    Object.entries(requests).map(([key, request]): [string, Question] => {
      // Answers are returned in an object, so names of inherited members cannot be keys.
      if (key in Object.prototype) throw malformed(`"${showName(key)}" cannot be the key of a question`);
      if (!isJsonObject(request) || typeof request.method !== 'string') throw malformed('one of its questions has no method');
      return [key, toQuestion(request.method, isJsonObject(request.params) ? request.params : {})];
    }),
  );
}

/** Returns a URL that the user's client may open: http or https only. Throws PLUGIN_PROTOCOL_ERROR for others. */
export function safeAddress(url: string): string {
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  if (scheme === 'https:' || scheme === 'http:') return url;
  throw new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server asked the user to open an address that is not a web page.');
}
