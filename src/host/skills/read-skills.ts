import { realpathSync } from 'node:fs';
import { basename, sep } from 'node:path';
import type { Problem } from '../../core/contract/plugin.ts';
import { fileFault } from '../../core/file-fault.ts';
import { readSkill, type SkillFacts } from './read-skill.ts';
import { skillFolders } from './skill-folders.ts';

/** No client shows more, and each costs a file to read at the start. */
const MAX_SKILLS = 2_000;

/** The skills of a folder. */
export interface SkillsRead {
  readonly skills: readonly SkillFacts[];
  readonly problems: readonly Problem[];
}

/** Where the skills of a source lie. */
export interface SkillsPlace {
  /** A skill's own folder, or one whose direct subfolders are skills. */
  readonly root: string;
  /** Skill folders that are links must lead into this folder; absent if they may lead anywhere. */
  readonly within?: string;
  /** How problems name the root; default: its last segment. */
  readonly shown?: string;
}

/** Reads all skills of some places. A bad skill is reported and never hides another; of two with one name, the first is served. */
export function readSkills(places: readonly SkillsPlace[]): SkillsRead {
  const problems: Problem[] = [];
  const skills = new Map<string, SkillFacts>();
  const targets = new Set<string>();
  for (const { root, within, shown = basename(root) } of places) {
    let folders: string[];
    try {
      folders = skillFolders(root);
    } catch (error) {
      problems.push({ code: 'MANIFEST_INVALID', subject: shown, message: `The folder of skills cannot be read: ${fileFault(error)}.` });
      continue;
    }
    for (const folder of folders) {
      const name = folder === root ? shown : `${shown}/${basename(folder)}`;
      const refuse = (message: string): void => void problems.push({ code: 'MANIFEST_INVALID', subject: name, message });
      const target = realpathSync(folder);
      if (targets.has(target)) continue;
      targets.add(target);
      if (within !== undefined && !`${target}${sep}`.startsWith(realpathSync(within) + sep))
        refuse('The skill is a link to a place outside the plugin, so it is not served. Name that place in mcp.json to use it.');
      else if (skills.size >= MAX_SKILLS) refuse(`The skill is not served: there are more than ${MAX_SKILLS}.`);
      else {
        const read = readSkill(folder, name);
        problems.push(...read.problems);
        const other = read.skill && skills.get(read.skill.name);
        if (other) refuse(`The skill is called "${other.name}" like the one in "${other.folderName}", so only that one is served.`);
        else if (read.skill) skills.set(read.skill.name, read.skill);
      }
    }
  }
  return { skills: [...skills.values()], problems };
}
