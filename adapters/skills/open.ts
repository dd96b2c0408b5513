import type { Host } from '../../src/core/contract/host.ts';
import { emptyOffer, type Offer, type Plugin } from '../../src/core/contract/plugin.ts';
import { knownSkills } from '../../src/host/skills/known-skills.ts';
import { toSkillOffer } from '../../src/host/skills/skill-offer.ts';
import type { SkillsManifest } from './manifest.ts';

/**
 * Opens a folder of skills. It has no process. `known`: the offer of the last start, whose manifest had the same digest, so no SKILL.md
 * has changed.
 */
export async function openSkills(manifest: SkillsManifest, host: Host, known?: Offer): Promise<Plugin> {
  const { id, root, within } = manifest;
  const kept = known?.skills && knownSkills(root, within, known.skills);
  const { skills: facts, problems } = kept ? { skills: kept, problems: known.problems } : await readAnew(manifest);
  const offer: Offer = {
    ...emptyOffer,
    ...toSkillOffer(facts, { pluginId: id, maxBytes: () => host.limits.resultBytes }),
    problems,
    facts: { skills: facts.length },
  };
  let isClosed = false;
  return {
    manifest,
    offer: () => offer,
    state: () => (isClosed ? 'closed' : 'ready'),
    start: async () => undefined,
    onChange: () => undefined,
    async close() {
      isClosed = true;
    },
  };
}

async function readAnew({ root, within }: SkillsManifest) {
  const { readSkills } = await import('../../src/host/skills/read-skills.ts');
  return readSkills([{ root, ...(within === undefined ? {} : { within }) }]);
}
