import { existsSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Skill } from '../../core/contract/skill.ts';
import { useOf } from './fields.ts';
import type { SkillFacts } from './read-skill.ts';

/**
 * The skills of a folder as the last start knew them, none of whose SKILL.md has changed since. Undefined if one of them must be read
 * again: its file was repaired, so it is not known whole, or its folder leads elsewhere.
 */
export function knownSkills(root: string, within: string | undefined, known: readonly Skill[]): SkillFacts[] | undefined {
  const facts: SkillFacts[] = [];
  const isSingle = existsSync(join(root, 'SKILL.md'));
  for (const { name, description, frontMatter, forModels, compatibility, allowedTools, at } of known) {
    if (at === undefined || frontMatter === undefined) return undefined;
    let folder: string;
    try {
      folder = realpathSync(isSingle ? root : join(root, at));
      if (within !== undefined && !`${folder}${sep}`.startsWith(realpathSync(within) + sep)) return undefined;
    } catch {
      return undefined;
    }
    facts.push({
      name,
      ...(description === undefined ? {} : { description }),
      frontMatter,
      fields: frontMatter,
      forModels,
      ...(compatibility === undefined ? {} : { compatibility }),
      ...(allowedTools === undefined ? {} : { allowedTools }),
      ...useOf(frontMatter),
      folder,
      folderName: at,
    });
  }
  return facts;
}
