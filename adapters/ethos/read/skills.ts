import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import { isInside } from './entry-file.ts';

const MAX_SKILLS = 200;
const MAX_SIZE = 512 * 1024;
const FRONT_MATTER = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---\r?\n?/;

/** A text that instructs a model how to do a task. */
export interface Skill {
  readonly name: string;
  readonly description?: string;
  /** Tools that the skill requires. */
  readonly requiredTools: readonly string[];
  readonly tags: readonly string[];
  readonly text: string;
}

/** Reads the skills of a folder: `*.md`, or `<name>/SKILL.md`. An unreadable skill becomes a problem and does not affect the others. */
export async function readSkills(
  folder: string,
  skillsDir: string | undefined,
): Promise<{ readonly skills: Skill[]; readonly problems: Problem[] }> {
  const problems: Problem[] = [];
  if (skillsDir === undefined) return { skills: [], problems };
  const dir = resolve(folder, skillsDir);
  const refuse = (message: string): void => void problems.push({ code: 'MANIFEST_INVALID', subject: 'skills_dir', message });
  if (!isInside(dir, folder)) {
    refuse(`"skills_dir" is outside the plugin's folder and is ignored.`);
    return { skills: [], problems };
  }
  const files = listFiles(dir, refuse);
  if (files.length > MAX_SKILLS) refuse(`It has ${files.length} skills; the first ${MAX_SKILLS} are served.`);
  const skills = new Map<string, Skill>();
  for (const { file, name } of files.slice(0, MAX_SKILLS)) {
    if (!isInside(file, folder) || statSync(file).size > MAX_SIZE)
      refuse(`The skill "${name}" is over 512 KiB or outside the plugin's folder.`);
    else {
      const skill = await toSkill(readFileSync(file, 'utf8'), name, refuse);
      if (skills.has(skill.name)) refuse(`Two skills are called "${skill.name}"; the first is served.`);
      else skills.set(skill.name, skill);
    }
  }
  return { skills: [...skills.values()], problems };
}

function listFiles(dir: string, refuse: (message: string) => void): { file: string; name: string }[] {
  try {
    return readdirSync(dir)
      .sort()
      .flatMap((item) => {
        const path = join(dir, item);
        const inner = join(path, 'SKILL.md');
        if (statSync(path).isDirectory()) return existsSync(inner) ? [{ file: inner, name: item }] : [];
        return item.endsWith('.md') ? [{ file: path, name: basename(item, '.md') }] : [];
      });
  } catch (error) {
    refuse(`"skills_dir" cannot be read: ${(error as Error).message}.`);
    return [];
  }
}

async function toSkill(raw: string, fallback: string, refuse: (message: string) => void): Promise<Skill> {
  const [whole = '', header] = FRONT_MATTER.exec(raw) ?? [];
  const fields = header === undefined ? {} : await parseHeader(header, fallback, refuse);
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : text(value)?.split(/[\s,]+/)) ?? [];
  const description = text(fields.description);
  return {
    name: text(fields.name) ?? fallback,
    ...(description === undefined ? {} : { description }),
    requiredTools: texts(fields.required_tools),
    tags: texts(fields.tags),
    text: raw.slice(whole.length).trim(),
  };
}

async function parseHeader(header: string, name: string, refuse: (message: string) => void): Promise<Record<string, unknown>> {
  try {
    // Imported lazily: most plugins have no skills.
    const { parse } = await import('yaml');
    const fields: unknown = parse(header, { maxAliasCount: 20, schema: 'core', logLevel: 'error' });
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {};
  } catch (error) {
    refuse(`The front matter of the skill "${name}" cannot be read and is ignored: ${(error as Error).message.split('\n')[0]}`);
    return {};
  }
}
