import { isJsonObject, type JsonValue } from '../core/json.ts';
import type { Question } from '../core/question.ts';
import { escapeForTerminal } from '../core/text.ts';
import type { ToolEntry } from '../registry/catalogue.ts';

/** How a person agreed: to one call, to all calls of the session, or for good. */
export type Consent = 'once' | 'session' | 'always';

/** What came of a question for consent; undefined where the answer makes no sense. */
export type Answer = Consent | 'declined' | 'dismissed' | undefined;

// Plain texts as choices: every revision that has forms can show them.
const CHOICES: Readonly<Record<Consent, string>> = {
  once: 'Allow once',
  session: 'Allow for this session',
  always: 'Always allow',
};

const HEAD = 3_000;
const TAIL = 1_000;

/**
 * The form that asks whether a tool may run with these arguments, given as text. The question names both; what the plugin
 * itself says of the call stands below, marked as its words.
 */
export function toForm({ name, plugin }: ToolEntry, args: string, offered: readonly Consent[], words = ''): Question {
  const decision = { type: 'string', title: 'Decision', enum: offered.map((consent) => CHOICES[consent]), default: CHOICES.once };
  return {
    kind: 'form',
    message: `Run the tool ${name} of the plugin ${plugin.id}?\n\nArguments:\n${show(args)}${quote(words)}`,
    schema: { type: 'object', properties: offered.length > 1 ? { decision } : {} },
  };
}

/** Reads an answer as far as it makes sense: only what was offered, and accepting without a choice means this once. */
export function readAnswer(answer: JsonValue | undefined, offered: readonly Consent[]): Answer {
  if (!isJsonObject(answer)) return undefined;
  if (answer.action === 'decline') return 'declined';
  if (answer.action === 'cancel') return 'dismissed';
  if (answer.action !== 'accept') return undefined;
  const decision = isJsonObject(answer.content) ? answer.content.decision : undefined;
  return decision === undefined ? 'once' : offered.find((consent) => CHOICES[consent] === decision);
}

function quote(words: string): string {
  return words === '' ? '' : `\n\nThe plugin says of it:\n${show(words).replace(/^/gm, '> ')}`;
}

// Long texts lose their middle, and say so: nothing may hide behind a cut that nobody sees.
function show(whole: string): string {
  const text = escapeForTerminal(whole);
  const left = text.length - HEAD - TAIL;
  return left <= 0 ? text : `${text.slice(0, HEAD)}\n[${left} characters are not shown]\n${text.slice(-TAIL)}`;
}
