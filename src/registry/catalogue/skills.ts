import type { Manifest, Offer } from '../../core/contract/plugin.ts';
import type { Resource, ResourceTemplate } from '../../core/contract/resource.ts';
import type { Skill } from '../../core/contract/skill.ts';
import type { CallContext } from '../../core/contract/tool.ts';

/** One skill under its public name. */
export interface SkillEntry {
  readonly name: string;
  readonly plugin: Manifest;
  readonly skill: Skill;
}

/** The name of the file that every skill has. */
export const SKILL_FILE = 'SKILL.md';

/** The address of a skill's SKILL.md. */
export function skillFileAddress({ address }: Skill): string {
  return `${address}/${SKILL_FILE}`;
}

/** Public names of skills: their own, or `<plugin>_<name>` for all that share one. The order of plugins has no influence on names. */
export function namedSkills(all: readonly { readonly manifest: Manifest; readonly offer: Offer | undefined }[]): Map<string, SkillEntry> {
  const claims = all.flatMap(({ manifest, offer }) => (offer?.skills ?? []).map((skill) => ({ plugin: manifest, skill })));
  const counts = new Map<string, number>();
  for (const { skill } of claims) counts.set(skill.name, (counts.get(skill.name) ?? 0) + 1);
  const named = new Map<string, SkillEntry>();
  for (const { plugin, skill } of claims) {
    const qualified = `${plugin.id}_${skill.name}`;
    const unique = counts.get(skill.name) === 1 ? skill.name : counts.has(qualified) ? `${plugin.id}/${skill.name}` : qualified;
    // Two plugins whose ids and names join to one text; the later one keeps an exact name.
    const name = named.has(unique) ? `${plugin.id}/${skill.name}` : unique;
    named.set(name, { name, plugin, skill });
  }
  return named;
}

/** The SKILL.md of each skill as a resource. The other files are behind a template, since listing them would read every folder. */
export function skillResources({ id }: Manifest, skills: readonly Skill[]): { resources: Resource[]; templates: ResourceTemplate[] } {
  const [first] = skills;
  if (!first) return { resources: [], templates: [] };
  const [base] = /^[^:]*:\/\/[^/]*/.exec(first.address) ?? [first.address];
  return {
    resources: skills.map((skill): Resource => {
      const uri = skillFileAddress(skill);
      const description = typeof skill.frontMatter?.description === 'string' ? skill.frontMatter.description : skill.description;
      return {
        uri,
        name: skill.name,
        ...(description === undefined ? {} : { description }),
        mimeType: 'text/markdown',
        ...(skill.requires === undefined ? {} : { requires: skill.requires }),
        skill: skill.name,
        read: async (ctx) => [await readFile(skill, SKILL_FILE, uri, ctx)],
      };
    }),
    templates: [
      {
        uriTemplate: `${base}/{+path}`,
        name: `${id} skill files`,
        description: `The files of the skills of ${id}: the name of a skill and a path inside it.`,
        // Addresses of skills are looked up before any template.
        read: async () => null,
      },
    ],
  };
}

async function readFile(skill: Skill, path: string, uri: string, ctx: CallContext) {
  const contents = await skill.read(path, ctx);
  if (!contents) throw new Error(`the skill has no file ${path} any more`);
  return { uri, ...contents };
}
