import { diffWordsWithSpace } from 'diff';
import { toJsonText } from '../core/json/exact-number.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { Catalogue } from '../registry/catalogue/catalogue.ts';
import type { StoredPin } from '../store/pin-table.ts';
import { type Lock, type LockedPlugin, type LockedPrompt, type LockedSkill, type LockedTool, toLock } from './lock-file.ts';
import { INSTRUCTIONS, promptPart, skillPart, toolPart } from './pin-parts.ts';
import type { PinRules } from './pin-rules.ts';
import { compareSchemas, type SchemaChange } from './schema-changes.ts';

/** A piece of a text: added, removed, or in both. */
export interface TextPiece {
  readonly text: string;
  readonly added?: boolean;
  readonly removed?: boolean;
}

/** A part of a plugin that differs from the lock file. */
export interface LockChange {
  readonly plugin: string;
  /** The tool's own name, `prompt:<name>`, `skill:<name>` or `instructions`. */
  readonly tool: string;
  readonly kind: 'new' | 'changed' | 'gone';
  /** The surface now, or the locked one if it is gone. */
  readonly surface: string;
  readonly description?: readonly TextPiece[];
  readonly schema: readonly SchemaChange[];
  readonly hints: readonly { readonly name: string; readonly before?: string; readonly after?: string }[];
  readonly accepted?: { readonly at: number; readonly by: string };
}

/** The parts of one plugin, as the lock file or the catalogue has them. */
interface Part {
  readonly surface: string;
  readonly variants?: readonly string[];
  readonly text: string;
  readonly shown: JsonObject;
  readonly hints: JsonObject;
}

/** Compares a lock file with what is offered now. `isReady`: whether a plugin has listed, so that missing parts are gone. */
export function lockChanges(
  { lock, whole, accepted }: Pick<PinRules, 'lock' | 'whole' | 'accepted'>,
  isReady: (plugin: string) => boolean,
): LockChange[] {
  const catalogue = whole();
  return catalogue ? compareLocks(lock ?? new Map(), catalogue, accepted(), isReady) : [];
}

function compareLocks(
  lock: Lock,
  catalogue: Catalogue,
  accepted: readonly StoredPin[],
  isReady: (plugin: string) => boolean,
): LockChange[] {
  const now = toLock(catalogue);
  const changes: LockChange[] = [];
  for (const plugin of [...new Set([...lock.keys(), ...now.keys()])].sort()) {
    const [before, after] = [partsOf(lock.get(plugin)), partsOf(now.get(plugin))];
    for (const tool of new Set([...before.keys(), ...after.keys()])) {
      const [old, current] = [before.get(tool), after.get(tool)];
      if (!current) {
        if (old && isReady(plugin)) changes.push({ plugin, tool, kind: 'gone', surface: old.surface, schema: [], hints: [] });
        continue;
      }
      const surfaces = [current.surface, ...(current.variants ?? [])];
      const locked = new Set(old ? [old.surface, ...(old.variants ?? [])] : []);
      const unlocked = surfaces.filter((surface) => !locked.has(surface));
      if (unlocked.length === 0) continue;
      const pins = accepted.filter((one) => one.plugin === plugin && one.part === tool && unlocked.includes(one.surface));
      const [open] = unlocked.filter((surface) => !pins.some((one) => one.surface === surface));
      const pin = open === undefined ? pins.at(-1) : undefined;
      changes.push({
        plugin,
        tool,
        kind: old ? 'changed' : 'new',
        surface: open ?? (unlocked[0] as string),
        ...(old?.text === current.text ? {} : { description: wordsOf(old?.text ?? '', current.text) }),
        schema: compareSchemas(old?.shown ?? {}, current.shown),
        hints: compareHints(old?.hints ?? {}, current.hints),
        ...(pin ? { accepted: { at: pin.at, by: pin.by } } : {}),
      });
    }
  }
  return changes;
}

const MAX_WORDS = 64 * 1024;

// Comparing takes time that grows with the product of both lengths.
function wordsOf(before: string, after: string): TextPiece[] {
  const pieces = before.length + after.length > MAX_WORDS ? undefined : diffWordsWithSpace(before, after, { timeout: 500 });
  if (!pieces) return [...(before === '' ? [] : [{ text: before, removed: true }]), { text: after, added: true }];
  return pieces.map(({ value, added, removed }) => ({ text: value, ...(added ? { added } : {}), ...(removed ? { removed } : {}) }));
}

function partsOf(plugin: LockedPlugin | undefined): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const [name, tool] of plugin?.tools ?? []) parts.set(toolPart(name), toolPartOf(tool));
  for (const [name, prompt] of plugin?.prompts ?? []) parts.set(promptPart(name), promptPartOf(prompt));
  for (const [name, skill] of plugin?.skills ?? []) parts.set(skillPart(name), skillPartOf(skill));
  if (plugin?.instructions) {
    const { surface, text, composed = false } = plugin.instructions;
    parts.set(INSTRUCTIONS, { surface, text, shown: { composed }, hints: {} });
  }
  return parts;
}

function toolPartOf({ surface, variants, name, title, description, input, output, hints }: LockedTool): Part {
  const shown = { name, ...(title === undefined ? {} : { title }), input, ...(output ? { output } : {}) };
  return { surface, ...(variants ? { variants } : {}), text: description, shown, hints: { ...hints } as JsonObject };
}

function promptPartOf({ surface, name, title, description = '', arguments: args }: LockedPrompt): Part {
  const shown = { name, ...(title === undefined ? {} : { title }), ...(args === undefined ? {} : { arguments: args }) };
  return { surface, text: description, shown: shown as unknown as JsonObject, hints: {} };
}

function skillPartOf({ surface, name, description = '', compatibility, forModels, frontMatter = {} }: LockedSkill): Part {
  // The description is compared word by word, as the text.
  const { description: _, ...fields } = frontMatter;
  const shown = { name, ...(compatibility === undefined ? {} : { compatibility }), forModels, frontMatter: fields };
  return { surface, text: description, shown, hints: {} };
}

function compareHints(before: JsonObject, after: JsonObject): LockChange['hints'] {
  const textOf = (value: JsonObject[string] | undefined): string | undefined => (value === undefined ? undefined : toJsonText(value));
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [old, now] = [textOf(before[name]), textOf(after[name])];
    return old === now ? [] : [{ name, ...(old === undefined ? {} : { before: old }), ...(now === undefined ? {} : { after: now }) }];
  });
}
