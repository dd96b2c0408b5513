import { createRequire } from 'node:module';
import type MiniSearch from 'minisearch';
import type { Content, ToolResult } from '../../core/contract/content.ts';
import type { CallContext, Tool } from '../../core/contract/tool.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import { shareOut } from '../../core/text/share-out.ts';
import { shorten, showName } from '../../core/text/text.ts';
import type { SkillEntry } from '../../registry/catalogue/skills.ts';
import { cleanText } from '../../registry/offer/clean.ts';
import { fenceText } from '../result/fence.ts';

/** The tool with which models load skills, for clients that know only tools. */
export const LOAD_SKILL = 'load_skill';

/** Up to this many names are an enum; more would fill the model's context. */
const MAX_ENUM = 50;
/** Several clients cut descriptions at 2,048 characters; with the names in the instructions the catalogue stays below 4 KB. */
const MAX_DESCRIPTION = 2_048;
const MAX_IN_INSTRUCTIONS = 1_024;
const MAX_FOUND = 10;
const MAX_FILES = 50;

/** The current form of a skill, once its plugin has opened. */
export type CurrentSkill = (entry: SkillEntry, ctx: CallContext) => Promise<SkillEntry | undefined>;

/** The tool for the skills that models may load; undefined if there is none. */
export function createLoadSkill(all: Iterable<SkillEntry>, current: CurrentSkill): Tool | undefined {
  const skills = new Map([...all].filter(({ skill }) => skill.forModels).map((entry) => [entry.name, entry]));
  if (skills.size === 0) return undefined;
  const isLong = skills.size > MAX_ENUM;
  const find = createFinder(skills);
  return {
    name: LOAD_SKILL,
    title: 'Load a skill',
    description: isLong ? longDescription(skills.size) : describe(skills),
    input: inputOf(skills, isLong),
    hints: { readOnly: true, idempotent: true, openWorld: false },
    approval: 'auto',
    async call({ name, file, arguments: args, query }, ctx) {
      if (typeof query === 'string' && name === undefined) return toFound(await find(query));
      const entry = skills.get(String(name));
      const now = entry && (await current(entry, ctx));
      if (!now) {
        const hint = isLong ? ' Search with "query".' : '';
        throw new GatewayError(
          'ARGUMENTS_INVALID',
          `Unknown skill: ${showName(String(name))}.${didYouMean(String(name), skills.keys())}${hint}`,
        );
      }
      return typeof file === 'string' ? readFile(now, file, ctx) : load(now, typeof args === 'string' ? args : '', ctx);
    },
  };
}

function inputOf(skills: ReadonlyMap<string, SkillEntry>, isLong: boolean): JsonObject {
  const name: JsonObject = isLong ? { type: 'string', minLength: 1, maxLength: 200 } : { type: 'string', enum: [...skills.keys()] };
  return {
    type: 'object',
    properties: {
      name: { ...name, description: 'Name of the skill' },
      file: {
        type: 'string',
        minLength: 1,
        maxLength: 1_000,
        description: 'Path of a file of the skill to read in place of its instructions',
      },
      arguments: {
        type: 'string',
        maxLength: 10_000,
        description: 'What the skill should work on, if its instructions have a place for it',
      },
      ...(isLong
        ? { query: { type: 'string', minLength: 1, maxLength: 500, description: 'In place of a name: the task, to find skills for it' } }
        : {}),
    },
    ...(isLong ? {} : { required: ['name'] }),
    additionalProperties: false,
  };
}

const PURPOSE = 'Load the instructions of a skill. Do so before a task that a skill covers, then follow them.';

function longDescription(count: number): string {
  return `${PURPOSE} There are ${count} skills: search them with "query", then load one by its "name".`;
}

function describe(skills: ReadonlyMap<string, SkillEntry>): string {
  const heads = [...skills.keys()].map((name) => `- ${name}`);
  const texts = [...skills.values()].map(({ skill: { description } }) =>
    description === undefined ? '' : `: ${cleanText(description).replace(/\s+/g, ' ')}`,
  );
  const taken = PURPOSE.length + '\n\nSkills:'.length + heads.reduce((sum, head) => sum + head.length + 1, 0);
  const shares = shareOut(
    texts.map(({ length }) => length),
    MAX_DESCRIPTION - taken,
  );
  const lines = heads.map((head, i) => head + ((shares[i] as number) > 12 ? shorten(texts[i] as string, shares[i] as number) : ''));
  return shorten(`${PURPOSE}\n\nSkills:\n${lines.join('\n')}`, MAX_DESCRIPTION);
}

/** A line about the skills for the instructions of the server. */
export function skillInstructions(all: Iterable<SkillEntry>, tool: string): string | undefined {
  const names = [...all].filter(({ skill }) => skill.forModels).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return shorten(`Skills, which ${tool} loads before a task that they cover: ${names.join(', ')}`, MAX_IN_INSTRUCTIONS);
}

async function load({ name, plugin, skill }: SkillEntry, args: string, ctx: CallContext): Promise<ToolResult> {
  const text = await skill.load(args, ctx);
  const about = skill.compatibility === undefined ? '' : `\n\nCompatibility: ${skill.compatibility}`;
  const whole = `${text.trim()}${about}${await describeFiles(name, skill, ctx)}`;
  return { content: [{ type: 'text', text: skill.untrusted === true ? fenceText(whole, plugin.id, LOAD_SKILL) : whole }] };
}

async function describeFiles(name: string, skill: SkillEntry['skill'], ctx: CallContext): Promise<string> {
  const files = await skill.files(ctx);
  const items =
    files === 'dynamic'
      ? ((await skill.list('', ctx)) ?? []).map(({ path, kind }) => (kind === 'folder' ? `${path}/` : path))
      : files.map(({ path }) => path);
  const paths = items.filter((path) => path !== 'SKILL.md').map(cleanText);
  if (paths.length === 0) return '';
  const shown = paths.slice(0, MAX_FILES).map((path) => `- ${path}`);
  if (paths.length > MAX_FILES) shown.push(`- and ${paths.length - MAX_FILES} more`);
  return `\n\nFiles of this skill (read one with ${LOAD_SKILL}, "name": ${JSON.stringify(name)} and its path as "file"; scripts are not run here):\n${shown.join('\n')}`;
}

async function readFile({ name, plugin, skill }: SkillEntry, file: string, ctx: CallContext): Promise<ToolResult> {
  const path = file.replace(/^(?:\.\/)+/, '');
  const found = await skill.read(path, ctx);
  if (!found) throw new GatewayError('ARGUMENTS_INVALID', `The skill ${showName(name)} has no file ${showName(file)}.`);
  const uri = `${skill.address}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const shown =
    found.text === undefined ? undefined : skill.untrusted === true ? fenceText(found.text, plugin.id, LOAD_SKILL) : cleanText(found.text);
  const block: Content =
    shown === undefined
      ? { type: 'resource', resource: { uri, mimeType: found.mimeType, blob: found.blob ?? '' } }
      : { type: 'text', text: shown };
  return { content: [block] };
}

function toFound(entries: readonly SkillEntry[]): ToolResult {
  const lines = entries.map(
    ({ name, skill: { description = '' } }) => `- ${name}: ${shorten(cleanText(description).replace(/\s+/g, ' '), 300)}`,
  );
  return { content: [{ type: 'text', text: lines.length === 0 ? 'No skill matches.' : lines.join('\n') }] };
}

function createFinder(skills: ReadonlyMap<string, SkillEntry>): (query: string) => Promise<SkillEntry[]> {
  let index: MiniSearch | undefined;
  return async (query) => {
    if (!index) {
      // Loaded here and not above, because few profiles search.
      const Search = createRequire(import.meta.url)('minisearch') as typeof MiniSearch;
      index = new Search({ idField: 'name', fields: ['name', 'description', 'plugin'] });
      await index.addAllAsync(
        [...skills.values()].map(({ name, plugin, skill }) => ({ name, description: skill.description ?? '', plugin: plugin.id })),
      );
    }
    const found = index.search(query, {
      boost: { name: 4 },
      prefix: (word) => word.length > 2,
      fuzzy: (word) => (word.length > 4 ? 0.2 : false),
    });
    return found.slice(0, MAX_FOUND).flatMap(({ id }) => skills.get(id as string) ?? []);
  };
}
