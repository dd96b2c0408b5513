import type { Offer } from '../../core/contract/plugin.ts';
import type { SkillFacts } from './read-skill.ts';
import { createSkill, type SkillSettings, skillPrompt } from './skill.ts';

/** What an offer has because of skills. */
export function toSkillOffer(facts: readonly SkillFacts[], settings: SkillSettings): Required<Pick<Offer, 'skills' | 'prompts'>> {
  const skills = facts.map((each) => createSkill(each, settings));
  const prompts = facts.flatMap((each, i) => skillPrompt(settings.pluginId, each, skills[i] as (typeof skills)[number]) ?? []);
  return { skills, prompts };
}
