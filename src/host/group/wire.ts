import type { Questions } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { ExactNumber } from '../../core/json/exact-number.ts';
import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { showName } from '../../core/text/text.ts';

/** The other end of a channel sent what its rules do not allow; the message says what. */
export class BrokenRule extends Error {}

/** A text that must be there. */
export function textIn(params: JsonObject, key: string): string {
  const value = params[key];
  if (typeof value !== 'string') throw mismatch(key, value, 'a text');
  return value;
}

/** A text that may be missing. */
export function optionalText(params: JsonObject, key: string): string | undefined {
  return isMissing(params[key]) ? undefined : textIn(params, key);
}

/** A number that must be there. */
export function numberIn(params: JsonObject, key: string): number {
  const value = toDouble(params[key]);
  if (typeof value !== 'number') throw mismatch(key, params[key], 'a number');
  return value;
}

/** A number as it was sent; one that is missing where it may be is undefined. */
export function amountIn(params: JsonObject, key: 'done' | 'total'): number | ExactNumber | undefined {
  if (key === 'total' && isMissing(params[key])) return undefined;
  numberIn(params, key);
  return params[key] as number | ExactNumber;
}

/** A number that may be missing. */
export function optionalNumber(params: JsonObject, key: string): number | undefined {
  return isMissing(params[key]) ? undefined : numberIn(params, key);
}

/** An object that must be there. */
export function objectIn(params: JsonObject, key: string): JsonObject {
  const value = params[key];
  if (!isJsonObject(value)) throw mismatch(key, value, 'an object');
  return value;
}

/** Questions for the client behind a call. */
export function questionsIn(params: JsonObject): Questions {
  const questions = objectIn(params, 'questions');
  for (const [key, question] of Object.entries(questions)) {
    if (!isJsonObject(question) || !isQuestion(question)) throw new BrokenRule(`the question "${showName(key)}" is not one`);
  }
  return questions as unknown as Questions;
}

function isQuestion({ kind, message, schema, url, params }: JsonObject): boolean {
  switch (kind) {
    case 'form':
      return typeof message === 'string' && isJsonObject(schema);
    case 'url':
      return typeof message === 'string' && typeof url === 'string';
    case 'sampling':
      return isJsonObject(params);
    default:
      return kind === 'roots';
  }
}

/** The reply of a plugin's process that should be a text. */
export function expectText(reply: JsonValue, what: string): string {
  if (typeof reply === 'string') return reply;
  throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin's process answered with ${kindOf(reply)} where ${what} was expected.`);
}

function isMissing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null;
}

function mismatch(key: string, value: JsonValue | undefined, wanted: string): BrokenRule {
  return new BrokenRule(value === undefined ? `"${key}" is missing` : `"${key}" is ${kindOf(value)}, not ${wanted}`);
}

/** What kind of value it is, in words. */
export function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof ExactNumber) return 'a number';
  return { string: 'a text', object: 'an object', number: 'a number' }[typeof value as string] ?? `a ${typeof value}`;
}
