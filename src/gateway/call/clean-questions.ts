import type { Question, Questions } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { parseExact } from '../../core/json/exact-parse.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { hasHidden } from '../../core/text/hidden.ts';
import { someText } from '../../core/text/map-texts.ts';
import { cleanText, cleanValue } from '../../registry/offer/clean.ts';
import { cleanSchema } from '../../registry/schemas/clean.ts';

const INVISIBLE = 'contains invisible characters';

/**
 * Escapes hidden characters in the texts of questions. Throws ASK_FAILED if a key, an address or a choice contains some,
 * because these must stay exact.
 */
export function cleanQuestions(questions: Questions): Questions {
  if (!someText(questions as unknown as JsonObject, hasHidden)) return questions;
  const entries = Object.entries(questions).map(([key, question]): [string, Question] => {
    if (hasHidden(key)) throw refused(`its key ${INVISIBLE}`);
    return [key, cleanQuestion(question)];
  });
  return Object.fromEntries(entries);
}

function cleanQuestion(question: Question): Question {
  switch (question.kind) {
    case 'form':
      return { ...question, message: cleanText(question.message), schema: cleanForm(question.schema) };
    case 'url':
      if (hasHidden(question.url)) throw refused(`its address ${INVISIBLE}`);
      return { ...question, message: cleanText(question.message) };
    case 'sampling':
      return { ...question, params: cleanValue(question.params) };
    default:
      return question;
  }
}

function cleanForm(given: JsonObject): JsonObject {
  const schema = parseExact(toJsonText(given)) as JsonObject;
  const cleaned = cleanSchema(schema);
  if (cleaned.refused !== undefined) throw refused(`in its form, ${cleaned.refused}`);
  return schema;
}

function refused(why: string): GatewayError {
  return new GatewayError('ASK_FAILED', `The question was not asked: ${why}.`);
}
