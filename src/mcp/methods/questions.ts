import type { Question, QuestionKind, Questions } from '../../core/contract/question.ts';
import { findFault, toDouble } from '../../core/json/exact-tree.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { cannotAnswer } from '../../gateway/call/call.ts';

/** The kinds of questions that a client supports, by its capabilities and revision. */
export function toAnswerableKinds(capabilities: JsonValue | undefined, revision: string): readonly QuestionKind[] {
  if (!isJsonObject(capabilities)) return [];
  const { elicitation, sampling, roots } = capabilities;
  const kinds: QuestionKind[] = [];
  if (isJsonObject(elicitation) && revision >= '2025-06-18') {
    // Forms came first, so a client that declares no mode supports them.
    if ('form' in elicitation || !('url' in elicitation)) kinds.push('form');
    if ('url' in elicitation && revision >= '2025-11-25') kinds.push('url');
  }
  if (isJsonObject(sampling)) kinds.push('sampling');
  if (isJsonObject(roots)) kinds.push('roots');
  return kinds;
}

/** Throws CAPABILITY_MISSING for questions that a client does not support. */
export function refuseUnable(questions: Questions, kinds: readonly QuestionKind[]): void {
  const missing = Object.values(questions).find(({ kind }) => !kinds.includes(kind));
  if (missing) cannotAnswer(missing.kind);
}

/** A question as a protocol request. In revision 2025-11-25 `id` links a URL to its completion notification. */
export function toClientRequest(question: Question, revision: string, id: string): { method: string; params: JsonObject } {
  switch (question.kind) {
    case 'form': {
      const { message, schema } = question;
      const mode: JsonObject = revision >= '2025-11-25' ? { mode: 'form' } : {};
      return { method: 'elicitation/create', params: { ...mode, message, requestedSchema: schema } };
    }
    case 'url': {
      const { message, url } = question;
      const link: JsonObject = revision === '2025-11-25' ? { elicitationId: id } : {};
      return { method: 'elicitation/create', params: { mode: 'url', message, url, ...link } };
    }
    case 'sampling':
      return { method: 'sampling/createMessage', params: question.params };
    case 'roots':
      return { method: 'roots/list', params: {} };
  }
}

/** Describes why an answer is invalid; undefined if it is valid. Answers are untrusted input. */
export function answerFault(question: Question, answer: JsonValue | undefined): string | undefined {
  if (!isJsonObject(answer)) return 'it is missing or not an object';
  const found = findFault(answer);
  if (found) return `${found.path} ${found.fault}`;
  switch (question.kind) {
    case 'sampling':
      return isJsonObject(answer.content) || Array.isArray(answer.content) ? undefined : 'it has no content';
    case 'roots':
      return Array.isArray(answer.roots) && answer.roots.every((root) => isJsonObject(root) && typeof root.uri === 'string')
        ? undefined
        : 'it has no list of roots';
    default: {
      const { action } = answer;
      if (action !== 'accept' && action !== 'decline' && action !== 'cancel') return 'its action is not accept, decline or cancel';
      return action === 'accept' && question.kind === 'form' ? formFault(question.schema, answer.content) : undefined;
    }
  }
}

// Forms are flat, so their answers need no compiled schema.
function formFault({ properties, required }: JsonObject, content: JsonValue | undefined): string | undefined {
  if (!isJsonObject(content)) return 'an accepted form has no content';
  const fields = asObject(properties);
  for (const name of Array.isArray(required) ? required : []) {
    if (typeof name === 'string' && !Object.hasOwn(content, name)) return `${name} is missing`;
  }
  for (const [name, value] of Object.entries(content)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (isJsonObject(field) && !fits(value, field)) return `${name} is of the wrong kind`;
  }
  return undefined;
}

function fits(value: JsonValue, field: JsonObject): boolean {
  switch (field.type) {
    case 'string':
      return typeof value === 'string' && isChoice(value, field);
    case 'number':
      return typeof toDouble(value) === 'number';
    case 'integer':
      return Number.isInteger(toDouble(value));
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return (
        Array.isArray(value) &&
        value.every((item) => typeof item === 'string' && (!isJsonObject(field.items) || isChoice(item, field.items)))
      );
    default:
      return true;
  }
}

function isChoice(value: string, field: JsonObject): boolean {
  const titled = field.oneOf ?? field.anyOf;
  if (Array.isArray(field.enum)) return field.enum.includes(value);
  if (Array.isArray(titled)) return titled.some((choice) => isJsonObject(choice) && choice.const === value);
  return true;
}
