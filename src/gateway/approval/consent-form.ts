import type { Question } from '../../core/contract/question.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { shareOut } from '../../core/text/share-out.ts';
import { escapeForTerminal, shorten } from '../../core/text/text.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';

/** How the user approved: one call, all calls of the session, or permanently. */
export type Consent = 'once' | 'session' | 'always';

/** The answer to an approval question; undefined if it is invalid. */
export type Answer = Consent | 'declined' | 'dismissed' | undefined;

// Plain strings as choices, which every revision with forms supports.
const CHOICES: Readonly<Record<Consent, string>> = {
  once: 'Allow once',
  session: 'Allow for this session',
  always: 'Always allow',
};

const HEAD = 2_800;
const TAIL = 1_000;

// Clients show three lines or 200 characters of a question before the user has to scroll.
const FIRST = 200;

/**
 * The form that asks whether a tool may run with these arguments. Its first two lines name both; below are the arguments in
 * full and the plugin's `note` about the call, marked as such. `redact` removes secrets.
 */
export function toForm(
  { name, plugin }: ToolEntry,
  args: JsonObject,
  offered: readonly Consent[],
  note = '',
  redact = (text: string): string => text,
): Question {
  const decision = { type: 'string', title: 'Decision', enum: offered.map((consent) => CHOICES[consent]), default: CHOICES.once };
  const long = name.length + plugin.id.length > 100;
  const asked = long ? `Run the tool ${name}?` : `Run the tool ${name} of the plugin ${plugin.id}?`;
  const brief = inBrief(args, FIRST - asked.length - 1, (text) => escapeForTerminal(redact(text)));
  const whole = show(redact(toJsonText(args, undefined, 2)));
  return {
    kind: 'form',
    message: `${asked}\n${brief}\n${long ? `\nPlugin: ${plugin.id}` : ''}\nArguments:\n${whole}${quote(redact(note))}`,
    schema: { type: 'object', properties: offered.length > 1 ? { decision } : {} },
  };
}

// One line: all arguments if they fit, otherwise the beginning of each, so that a long one cannot hide the others.
function inBrief(args: JsonObject, room: number, clean: (text: string) => string): string {
  const whole = clean(toJsonText(args));
  if (whole.length <= room) return whole;
  const parts = Object.entries(args).map(([key, value]) => clean(`${toJsonText(key)}:${toJsonText(value)}`));
  const shares = shareOut(
    parts.map((part) => part.length),
    room - parts.length - 1,
  );
  const cut = parts.flatMap((part, at) => ((shares[at] as number) < 2 ? [] : [shorten(part, shares[at] as number)]));
  return shorten(`{${cut.join(',')}${cut.length < parts.length ? ',…' : ''}}`, room);
}

/** Reads an answer: only offered choices are valid; accepting without a choice means once. */
export function readAnswer(answer: JsonValue | undefined, offered: readonly Consent[]): Answer {
  if (!isJsonObject(answer)) return undefined;
  if (answer.action === 'decline') return 'declined';
  if (answer.action === 'cancel') return 'dismissed';
  if (answer.action !== 'accept') return undefined;
  const decision = isJsonObject(answer.content) ? answer.content.decision : undefined;
  return decision === undefined ? 'once' : offered.find((consent) => CHOICES[consent] === decision);
}

function quote(note: string): string {
  return note === '' ? '' : `\n\nNote from the plugin:\n${show(note).replace(/^/gm, '> ')}`;
}

// Long texts are cut in the middle, with a mark, so that the user knows about hidden parts.
function show(whole: string): string {
  const text = escapeForTerminal(whole);
  const left = text.length - HEAD - TAIL;
  return left <= 0 ? text : `${text.slice(0, HEAD)}\n[${left} characters are not shown]\n${text.slice(-TAIL)}`;
}
