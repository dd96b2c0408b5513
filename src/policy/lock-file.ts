import type { PromptArgument } from '../core/contract/prompt.ts';
import type { Hints } from '../core/contract/tool.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import { parseExact } from '../core/json/exact-parse.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json/json.ts';
import type { Catalogue, PromptEntry, ToolEntry } from '../registry/catalogue/catalogue.ts';
import type { SkillEntry } from '../registry/catalogue/skills.ts';
import { instructionsSurface, promptSurface, type ShownSkill, skillSurface, surfaceOf } from '../registry/catalogue/surface.ts';

/** A tool as the lock file has it. */
export interface LockedTool {
  readonly surface: string;
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly input: JsonObject;
  readonly output?: JsonObject;
  readonly hints?: Hints;
  /** The surfaces of the variants that other sessions see. */
  readonly variants?: readonly string[];
}

/** A prompt as the lock file has it. */
export interface LockedPrompt {
  readonly surface: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: readonly PromptArgument[];
}

/** A skill as the lock file has it. Its instructions and files are not in it: like results, they are read when they are needed. */
export interface LockedSkill extends ShownSkill {
  readonly surface: string;
}

/** The instructions of a plugin as the lock file has them. */
export interface LockedText {
  readonly surface: string;
  readonly text: string;
  readonly composed?: boolean;
}

/** One plugin of a lock file; tools, prompts and skills by their own names. */
export interface LockedPlugin {
  /** The digest of the plugin's files when it was locked. For information: surfaces decide. */
  readonly digest: string;
  readonly tools: ReadonlyMap<string, LockedTool>;
  readonly prompts: ReadonlyMap<string, LockedPrompt>;
  readonly skills: ReadonlyMap<string, LockedSkill>;
  readonly instructions?: LockedText;
}

/** A lock file, by plugin id. */
export type Lock = ReadonlyMap<string, LockedPlugin>;

const VERSION = 1;
const HIDDEN = /[\u007f-\u009f\u00ad\u2028\u2029]|\p{Cf}/gu;

interface Draft {
  readonly digest: string;
  readonly tools: Map<string, LockedTool>;
  readonly prompts: Map<string, LockedPrompt>;
  readonly skills: Map<string, LockedSkill>;
  instructions?: LockedText;
}

/** What a catalogue has to lock. */
export function toLock(catalogue: Pick<Catalogue, 'tools' | 'prompts' | 'skills' | 'instructions'>): Lock {
  const plugins = new Map<string, Draft>();
  const of = ({ id, digest }: ToolEntry['plugin']): Draft => {
    const found: Draft = plugins.get(id) ?? { digest, tools: new Map(), prompts: new Map(), skills: new Map() };
    plugins.set(id, found);
    return found;
  };
  for (const entry of catalogue.tools.values()) of(entry.plugin).tools.set(entry.tool.name, lockTool(entry));
  for (const entry of catalogue.prompts.values()) of(entry.plugin).prompts.set(entry.prompt.name, lockPrompt(entry));
  for (const entry of catalogue.skills.values()) of(entry.plugin).skills.set(entry.skill.name, lockSkill(entry));
  for (const { plugin, text, composed } of catalogue.instructions)
    of(plugin).instructions = { surface: instructionsSurface(text, composed), text, ...(composed ? { composed } : {}) };
  return plugins;
}

/** A tool of a catalogue for the lock file. */
export function lockTool({ name, description, input, tool, others }: ToolEntry): LockedTool {
  const { title, output, hints } = tool;
  return {
    surface: surfaceOf({ name, description, input, tool }),
    name,
    ...(title === undefined ? {} : { title }),
    description,
    input,
    ...(output === undefined ? {} : { output }),
    ...(hints === undefined ? {} : { hints }),
    ...(others.length === 0 ? {} : { variants: others.map(surfaceOf) }),
  };
}

/** A prompt of a catalogue for the lock file. */
export function lockPrompt({ name, prompt: { title, description, arguments: args } }: PromptEntry): LockedPrompt {
  const shown = { name, ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
  const all = { ...shown, ...(args === undefined ? {} : { arguments: args }) };
  return { surface: promptSurface(all), ...all };
}

/** A skill of a catalogue for the lock file. */
export function lockSkill({ name, skill: { description, compatibility, forModels, frontMatter } }: SkillEntry): LockedSkill {
  const all = {
    name,
    ...(description === undefined ? {} : { description }),
    ...(compatibility === undefined ? {} : { compatibility }),
    forModels,
    ...(frontMatter === undefined ? {} : { frontMatter }),
  };
  return { surface: skillSurface(all), ...all };
}

/** The text of a lock file: sorted by names, hidden characters escaped. */
export function writeLock(lock: Lock): string {
  const plugins = sorted(lock).map(([id, { digest, tools, prompts, skills, instructions }]) => [
    id,
    {
      digest,
      ...(instructions ? { instructions } : {}),
      ...(tools.size > 0 ? { tools: Object.fromEntries(sorted(tools)) } : {}),
      ...(prompts.size > 0 ? { prompts: Object.fromEntries(sorted(prompts)) } : {}),
      ...(skills.size > 0 ? { skills: Object.fromEntries(sorted(skills)) } : {}),
    },
  ]);
  const text = toJsonText({ version: VERSION, plugins: Object.fromEntries(plugins) }, undefined, 2);
  return `${text.replace(HIDDEN, escapeHidden)}\n`;
}

function escapeHidden(hidden: string): string {
  return [...Array(hidden.length).keys()].map((at) => `\\u${hidden.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Reads the text of a lock file. Throws if it is not one, or if a definition does not match its surface. */
export function readLock(text: string): Lock {
  const file = parseExact(text);
  if (!isJsonObject(file)) throw new Error('it is not a JSON object');
  if (typeof file.version === 'number' && file.version > VERSION)
    throw new Error(`its "version" is ${file.version}, and this plugmux reads ${VERSION}; a newer plugmux wrote it`);
  if (file.version !== VERSION) throw new Error(`its "version" is not ${VERSION}`);
  if (!isJsonObject(file.plugins)) throw new Error('it has no "plugins"');
  return new Map(entries(file.plugins, 'plugins').map(([id, plugin]) => [id, readPlugin(id, plugin)]));
}

function readPlugin(id: string, { digest, tools = {}, prompts = {}, skills = {}, instructions }: JsonObject): LockedPlugin {
  return {
    digest: String(digest),
    tools: new Map(
      entries(tools, id).map(([name, tool]) => {
        const locked = tool as unknown as LockedTool;
        const { title, output, hints, variants = [] } = locked;
        if (!isTextual(locked.name, locked.description, title ?? '') || !Array.isArray(variants) || !isTextual(...variants))
          throw new Error(`${JSON.stringify(`${id}/${name}`)} is not a tool`);
        check(locked.surface, surfaceOf({ ...locked, tool: { title, output, hints } as never }), `${id}/${name}`);
        return [name, locked];
      }),
    ),
    prompts: new Map(
      entries(prompts, id).map(([name, prompt]) => {
        const locked = prompt as unknown as LockedPrompt;
        if (!isTextual(locked.name, locked.title ?? '', locked.description ?? ''))
          throw new Error(`${JSON.stringify(`${id}/prompt:${name}`)} is not a prompt`);
        check(locked.surface, promptSurface(locked), `${id}/prompt:${name}`);
        return [name, locked];
      }),
    ),
    skills: new Map(
      entries(skills, id).map(([name, skill]) => {
        const locked = skill as unknown as LockedSkill;
        const { description = '', compatibility = '', forModels, frontMatter = {} } = locked;
        if (!isTextual(locked.name, description, compatibility) || typeof forModels !== 'boolean' || !isJsonObject(frontMatter))
          throw new Error(`${JSON.stringify(`${id}/skill:${name}`)} is not a skill`);
        check(locked.surface, skillSurface(locked), `${id}/skill:${name}`);
        return [name, locked];
      }),
    ),
    ...(isJsonObject(instructions) ? { instructions: readText(id, instructions) } : {}),
  };
}

function readText(id: string, given: JsonObject): LockedText {
  const text = given as unknown as LockedText;
  if (!isTextual(text.text)) throw new Error(`${JSON.stringify(`${id}/instructions`)} are not a text`);
  check(text.surface, instructionsSurface(text.text, text.composed === true), `${id}/instructions`);
  return text;
}

function entries(value: JsonValue | undefined, where: string): [string, JsonObject][] {
  const found = isJsonObject(value) ? Object.entries(value) : undefined;
  if (!found?.every(([, item]) => isJsonObject(item))) throw new Error(`a part of ${JSON.stringify(where)} is not an object`);
  return found as [string, JsonObject][];
}

function isTextual(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}

function check(given: string, actual: string, what: string): void {
  if (given !== actual) throw new Error(`the definition of ${JSON.stringify(what)} does not match its "surface"`);
}
