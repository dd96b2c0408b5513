import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { shorten } from '../../core/text/text.ts';

// Apart from what reads a SKILL.md: a start that remembers its skills needs no parser for YAML.

export const MAX_NAME = 64;
export const MAX_DESCRIPTION = 1_024;
const MAX_COMPATIBILITY = 500;
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Why clients would refuse an entry with this front matter; undefined if they accept it. */
export function faultOf({ name, description, compatibility, metadata }: JsonObject): string | undefined {
  if (typeof name !== 'string' || name === '') return 'It has no "name"';
  if (name.length > MAX_NAME || !NAME.test(name))
    return `Its name ${JSON.stringify(shorten(name, 80))} is not 1 to ${MAX_NAME} lower-case letters, digits and single hyphens`;
  if (typeof description !== 'string' || description === '') return 'It has no "description"';
  const length = [...description].length;
  if (length > MAX_DESCRIPTION) return `Its description has ${length} characters, more than ${MAX_DESCRIPTION}`;
  if (
    compatibility !== undefined &&
    (typeof compatibility !== 'string' || compatibility === '' || [...compatibility].length > MAX_COMPATIBILITY)
  )
    return `Its "compatibility" is not a text of 1 to ${MAX_COMPATIBILITY} characters`;
  if (metadata !== undefined && !(isJsonObject(metadata) && Object.values(metadata).every((value) => typeof value === 'string')))
    return 'Its "metadata" has values that are not texts';
  return undefined;
}

/** A text that is not blank, without blanks around it. */
export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Several names as one text. */
export function listOf(value: JsonValue | undefined): string | undefined {
  return Array.isArray(value) ? value.map(String).join(' ') : textOf(value);
}

/** The names in a list or a text. */
export function wordsOf(value: JsonValue | undefined): string[] {
  const words = Array.isArray(value) ? value.map(String) : (textOf(value)?.split(/[\s,]+/) ?? []);
  return words.filter((word) => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(word));
}

/** Whether a field is true. YAML 1.2 leaves the older words for true as texts. */
export function isTrue(value: JsonValue | undefined): boolean {
  return value === true || value === 1 || (typeof value === 'string' && /^(?:true|yes|on|1)$/i.test(value.trim()));
}

/** Who may use a skill, and with which arguments. */
export interface SkillUse {
  readonly forUsers: boolean;
  /** The names of its arguments, and a hint for all of them. */
  readonly argumentNames: readonly string[];
  readonly argumentHint?: string;
}

/** What front matter says of users and arguments. */
export function useOf(fields: JsonObject): SkillUse {
  const raw = fields['argument-hint'];
  // YAML reads the usual form `[file]` as a list.
  const hint = textOf(raw) ?? (Array.isArray(raw) ? `[${raw.join(', ')}]` : undefined);
  return {
    forUsers: fields['user-invocable'] === undefined || isTrue(fields['user-invocable']),
    argumentNames: wordsOf(fields.arguments),
    ...(hint === undefined ? {} : { argumentHint: hint }),
  };
}
