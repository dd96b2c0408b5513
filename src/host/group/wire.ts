import type { Questions } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { ExactNumber } from '../../core/json/exact-number.ts';
import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { showName } from '../../core/text/text.ts';

/** A message on the channel violates the protocol; the error message names the violation. */
export class BrokenRule extends Error {}

/** Reads a required text. */
export function textIn(params: JsonObject, key: string): string {
  const value = params[key];
  if (typeof value !== 'string') throw mismatch(key, value, 'a text');
  return value;
}

/** Reads an optional text. */
export function optionalText(params: JsonObject, key: string): string | undefined {
  return isMissing(params[key]) ? undefined : textIn(params, key);
}

/** Reads a required number. */
export function numberIn(params: JsonObject, key: string): number {
  const value = toDouble(params[key]);
  if (typeof value !== 'number') throw mismatch(key, params[key], 'a number');
  return value;
}

/** Reads an exact number; only "total" is optional. */
export function amountIn(params: JsonObject, key: 'done' | 'total'): number | ExactNumber | undefined {
  if (key === 'total' && isMissing(params[key])) return undefined;
  numberIn(params, key);
  return params[key] as number | ExactNumber;
}

/** Reads an optional number. */
export function optionalNumber(params: JsonObject, key: string): number | undefined {
  return isMissing(params[key]) ? undefined : numberIn(params, key);
}

/** Reads a required object. */
export function objectIn(params: JsonObject, key: string): JsonObject {
  const value = params[key];
  if (!isJsonObject(value)) throw mismatch(key, value, 'an object');
  return value;
}

/** Reads the questions to the client of a call. */
export function questionsIn(params: JsonObject): Questions {
  const questions = objectIn(params, 'questions');
  for (const [key, question] of Object.entries(questions)) {
    if (!isJsonObject(question) || !isQuestion(question)) throw new BrokenRule(`the question "${showName(key)}" is malformed`);
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

/** Expects the reply of a plugin's process to be a text. `what`: what it stands for. */
export function expectText(reply: JsonValue, what: string): string {
  if (typeof reply === 'string') return reply;
  throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin's process returned ${kindOf(reply)} instead of ${what}.`);
}

function isMissing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null;
}

function mismatch(key: string, value: JsonValue | undefined, wanted: string): BrokenRule {
  return new BrokenRule(value === undefined ? `"${key}" is missing` : `"${key}" is ${kindOf(value)}, not ${wanted}`);
}

/** The type of a value, for messages. */
export function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof ExactNumber) return 'a number';
  return { string: 'a text', object: 'an object', number: 'a number' }[typeof value as string] ?? `a ${typeof value}`;
}
