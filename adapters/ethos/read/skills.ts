import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import { fileFault } from '../../../src/core/file-fault.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { hasHidden } from '../../../src/core/text/hidden.ts';
import { faultOf, textOf } from '../../../src/host/skills/fields.ts';
import { readFrontMatter } from '../../../src/host/skills/front-matter.ts';
import { isInside } from './entry-file.ts';

const MAX_SKILLS = 200;
const MAX_SIZE = 512 * 1024;

/** A text that instructs a model how to do a task. */
export interface EthosSkill {
  readonly name: string;
  readonly description?: string;
  /** Tools that the skill requires. */
  readonly requiredTools: readonly string[];
  readonly tags: readonly string[];
  /** The text without its front matter. */
  readonly text: string;
  /** As in `Skill.frontMatter`. */
  readonly frontMatter?: JsonObject;
  /** The real path of its file. */
  readonly file: string;
  /** The real path of its folder; absent if the skill is a single file. */
  readonly folder?: string;
}

type Refuse = (message: string, subject?: string, fix?: string) => void;

/** Reads the skills of a folder: `*.md`, or `<name>/SKILL.md`. An unreadable skill becomes a problem and does not affect the others. */
export function readSkills(
  folder: string,
  skillsDir: string | undefined,
): { readonly skills: readonly EthosSkill[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  if (skillsDir === undefined) return { skills: [], problems };
  const dir = resolve(folder, skillsDir);
  const refuse: Refuse = (message, subject = 'skills_dir', fix) =>
    void problems.push({ code: 'MANIFEST_INVALID', subject, message, ...(fix === undefined ? {} : { fix }) });
  if (!isInside(dir, folder)) {
    refuse(`"skills_dir" is outside the plugin's folder and is ignored.`);
    return { skills: [], problems };
  }
  const files = listFiles(dir, refuse);
  if (files.length > MAX_SKILLS) refuse(`It has ${files.length} skills; the first ${MAX_SKILLS} are served.`);
  const skills = new Map<string, EthosSkill>();
  for (const { file, name } of files.slice(0, MAX_SKILLS)) {
    try {
      const stats = statSync(file);
      // Reading a pipe would wait for its other end.
      if (!stats.isFile()) refuse(`The skill "${name}" is not a file.`);
      else if (!isInside(file, folder) || stats.size > MAX_SIZE)
        refuse(`The skill "${name}" is over 512 KiB or outside the plugin's folder.`);
      else {
        const skill = toSkill(file, name, relative(folder, file).replaceAll(sep, '/'), refuse);
        if (skills.has(skill.name)) refuse(`Two skills are called "${skill.name}"; the first is served.`);
        else skills.set(skill.name, skill);
      }
    } catch (error) {
      refuse(`The skill "${name}" cannot be read: ${fileFault(error)}.`);
    }
  }
  return { skills: [...skills.values()], problems };
}

function listFiles(dir: string, refuse: Refuse): { file: string; name: string }[] {
  try {
    return readdirSync(dir)
      .sort()
      .flatMap((item) => {
        const path = join(dir, item);
        const inner = join(path, 'SKILL.md');
        if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return existsSync(inner) ? [{ file: inner, name: item }] : [];
        return item.endsWith('.md') ? [{ file: path, name: basename(item, '.md') }] : [];
      });
  } catch (error) {
    refuse(`"skills_dir" cannot be read: ${fileFault(error)}.`);
    return [];
  }
}

function toSkill(file: string, fallback: string, shown: string, refuse: Refuse): EthosSkill {
  const bytes = readFileSync(file);
  const raw = bytes.toString('utf8');
  // Skills of this format need no front matter.
  const hasHeader = /^\ufeff?---\r?\n/.test(raw);
  const { fields, isExact, repairs, body } = hasHeader
    ? readFrontMatter(raw)
    : { fields: {} as JsonObject, isExact: false, repairs: [], body: raw.replace(/^\ufeff/, '') };
  for (const { line, message } of repairs) refuse(`${message}.`, `${shown}:${line}`, 'Put the value in quotes, or correct the line.');
  const texts = (value: JsonObject[string] | undefined): string[] =>
    (Array.isArray(value) ? value.map(String) : textOf(value)?.split(/[\s,]+/)) ?? [];
  const description = textOf(fields.description);
  const real = realpathSync(file);
  const parent = realpathSync(dirname(file));
  const ownsFolder = basename(file) === 'SKILL.md' && basename(real) === 'SKILL.md' && dirname(real) === parent;
  // What is escaped for models would differ from the file.
  const isListable = isExact && faultOf(fields) === undefined && !hasHidden(raw) && Buffer.from(raw).equals(bytes);
  return {
    name: textOf(fields.name) ?? fallback,
    ...(description === undefined ? {} : { description }),
    requiredTools: texts(fields.required_tools),
    tags: texts(fields.tags),
    text: body.trim(),
    ...(isListable ? { frontMatter: fields } : {}),
    file: real,
    ...(ownsFolder && parent !== realpathSync(dirname(dirname(file))) ? { folder: parent } : {}),
  };
}
