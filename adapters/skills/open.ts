import type { Host } from '../../src/core/contract/host.ts';
import { emptyOffer, type Offer, type Plugin } from '../../src/core/contract/plugin.ts';
import { readSkills, toSkillOffer } from '../../src/host/skills/read-skills.ts';
import type { SkillsManifest } from './manifest.ts';

/** Opens a folder of skills. It has no process. */
export function openSkills(manifest: SkillsManifest, host: Host): Plugin {
  const { id, root, within } = manifest;
  const { skills: facts, problems } = readSkills([{ root, ...(within === undefined ? {} : { within }) }]);
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
