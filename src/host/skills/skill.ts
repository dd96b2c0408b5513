import { LOCAL_PRINCIPAL } from '../../core/contract/caller.ts';
import type { Prompt } from '../../core/contract/prompt.ts';
import type { Skill } from '../../core/contract/skill.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import { GatewayError } from '../../core/errors.ts';
import { escapeHidden } from '../../core/text/hidden.ts';
import type { SkillUse } from './fields.ts';
import type { SkillFacts } from './read-skill.ts';
import { openFiles } from './skill-files.ts';
import { substitute } from './substitute.ts';

/** What a skill needs besides its folder. */
export interface SkillSettings {
  /** The id of its plugin in the gateway. */
  readonly pluginId: string;
  /** Most bytes of a file that is read; read on every use. */
  readonly maxBytes: () => number;
  /** Further values of `${NAME}` in its text, and the text that refers to them; called on every use. */
  readonly prepare?: (text: string, ctx: CallContext) => { readonly text: string; readonly variables: Readonly<Record<string, string>> };
  readonly requires?: readonly string[];
}

/** The address of a skill's folder: `skill://<plugin>/<name>`. */
export function skillAddress(pluginId: string, name: string): string {
  return `skill://${encodeURIComponent(pluginId).toLowerCase()}/${encodeSegment(name)}`;
}

/** Percent-encodes one segment of a path; "." and ".." too, which addresses would resolve. */
export function encodeSegment(segment: string): string {
  return /^\.{1,2}$/.test(segment) ? segment.replaceAll('.', '%2E') : encodeURIComponent(segment);
}

/** A skill in a folder of this machine. */
export function createSkill(facts: SkillFacts, { pluginId, maxBytes, prepare, requires }: SkillSettings): Skill {
  const { name, description, frontMatter, forModels, compatibility, allowedTools, folder, folderName } = facts;
  const files = openFiles(folder);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    address: skillAddress(pluginId, name),
    ...(frontMatter === undefined ? {} : { frontMatter }),
    forModels,
    ...(compatibility === undefined ? {} : { compatibility }),
    ...(allowedTools === undefined ? {} : { allowedTools }),
    ...(requires === undefined || requires.length === 0 ? {} : { requires }),
    at: folderName,
    files: () => files.list(),
    excess: files.excess,
    list: (path) => files.children(path),
    read: (path) => files.read(path, maxBytes()),
    async load(args, ctx) {
      const found = await files.read('SKILL.md', maxBytes());
      if (found?.text === undefined) throw new GatewayError('PLUGIN_FAILED', `The SKILL.md of "${name}" cannot be read any more.`);
      const { readFrontMatter } = await import('./front-matter.ts');
      const { body } = readFrontMatter(found.text);
      const { text, variables } = prepare?.(body, ctx) ?? { text: body, variables: {} };
      const places = { ...placesOf(folder, skillAddress(pluginId, name), ctx), ...variables };
      return escapeHidden(substitute(text, args, { names: facts.argumentNames, variables: places }));
    },
  };
}

// Only callers on this machine can use its paths, and others must not learn them.
function placesOf(folder: string, address: string, { caller }: CallContext): Record<string, string> {
  const isHere = caller.principal === LOCAL_PRINCIPAL && caller.anonymous !== true;
  return { CLAUDE_SKILL_DIR: isHere ? folder : address };
}

/** The prompt with which a user starts a skill; undefined if its author reserves it for models. */
export function skillPrompt(pluginId: string, facts: SkillUse, skill: Skill): Prompt | undefined {
  if (!facts.forUsers) return undefined;
  const { argumentNames: names, argumentHint: hint } = facts;
  const single = { name: 'arguments', description: hint ?? 'What the skill should work on.' };
  const { name, description = '' } = skill;
  return {
    name: `${pluginId}_${name}`,
    title: `${pluginId}: ${name}`,
    ...(description === '' ? {} : { description }),
    arguments: names.length === 0 ? [single] : names.map((argument) => ({ name: argument })),
    ...(skill.requires === undefined ? {} : { requires: skill.requires }),
    skill: name,
    async get(args, ctx) {
      const given = names.length === 0 ? (args.arguments ?? '') : names.map((argument) => quoted(args[argument] ?? '')).join(' ');
      const text = await skill.load(given.replace(/(?: "")+$/, ''), ctx);
      const messages = [{ role: 'user', content: { type: 'text', text: text + (await fileNote(skill, ctx)) } } as const];
      return { ...(description === '' ? {} : { description }), messages };
    },
  };
}

function quoted(word: string): string {
  return /^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}

/** Most files that a text names. */
const MAX_NAMED = 50;

/** A paragraph for the model that names the files of a skill; empty if it has none besides SKILL.md. */
export async function fileNote(skill: Skill, ctx: CallContext): Promise<string> {
  const paths = await filePaths(skill, ctx);
  if (paths.length === 0) return '';
  const shown = paths.slice(0, MAX_NAMED).map((path) => `- ${path}`);
  const more = paths.length > MAX_NAMED ? [`- ${paths.length - MAX_NAMED} more`] : [];
  return `\n\nFiles of this skill, relative to ${skill.address}/ (read them as resources, or with load_skill):\n${[...shown, ...more].join('\n')}`;
}

async function filePaths(skill: Skill, ctx: CallContext): Promise<string[]> {
  const files = await skill.files(ctx);
  const items =
    files === 'dynamic'
      ? ((await skill.list('', ctx)) ?? []).map(({ path, kind }) => (kind === 'folder' ? `${path}/` : path))
      : files.map(({ path }) => path);
  return items.filter((path) => path !== 'SKILL.md').map(escapeHidden);
}
