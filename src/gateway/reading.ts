import type { PromptResult } from '../core/contract/prompt.ts';
import type { ReadResult } from '../core/contract/resource.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { PromptEntry } from '../registry/catalogue/catalogue.ts';
import { admitPrompt, admitRead } from './call/admit.ts';
import type { Call } from './call/call.ts';
import { toPluginFailed } from './call/plugin-errors.ts';
import { type CallTimeLimits, withDeadline } from './call/with-deadline.ts';
import type { OutputLimits } from './result/check-result.ts';
import type { StoredResults } from './result/stored-results.ts';
import { findPrompt } from './view/prompts.ts';
import { ownersOf, type ReadingRules, readResource } from './view/resources.ts';
import { describeFolder, describeSkill, findSkill, listableSkill, pageOf, readSkillFile } from './view/skills.ts';
import type { View } from './view/view.ts';

/** What clients fetch besides calling tools: prompts, resources and skills. */
export interface Reading {
  getPrompt(name: string, args: Readonly<Record<string, string>>, call: Call): Promise<PromptResult>;
  readResource(uri: string, call: Call): Promise<ReadResult>;
  /** A page of the skills that clients can verify, and the cursor of the next one. Throws INVALID_PARAMS. */
  listSkills(cursor: string, call: Call): Promise<{ readonly skills: readonly JsonObject[]; readonly next: string | undefined }>;
  /** A skill by the address of its SKILL.md. Throws INVALID_PARAMS. */
  getSkill(uri: string, call: Call): Promise<JsonObject>;
  /** The direct children of a folder of a skill. Throws INVALID_PARAMS. */
  readDirectory(uri: string, call: Call): Promise<readonly JsonObject[]>;
}

/** The dependencies of reading. */
interface ReadingParts extends ReadingRules {
  readonly limits: OutputLimits & CallTimeLimits;
  readonly kept: Pick<StoredResults, 'read'>;
  view(call: Call): View;
  refuseIfDraining(): void;
  /** Runs a function once some plugins are open. */
  after<T>(ids: readonly string[], call: Call, run: () => Promise<T>): Promise<T>;
}

/** Creates it. Plugins that are still opening are waited for, and the view is looked up again afterwards. */
export function createReading(parts: ReadingParts): Reading {
  const { limits, addresses, handedOut, kept, after } = parts;
  const seen = (call: Call): View => {
    const view = parts.view(call);
    call.bounds = view.settings.bounds;
    return view;
  };
  // The plugins of all skills that a request is about, then their entries.
  const ofSkills = <T>(ids: readonly string[], call: Call, run: () => Promise<T>): Promise<T> =>
    withDeadline('The skill', call, limits, after([...new Set(ids)], call, run));
  const ownerOfSkill = (uri: string, call: Call): string[] => {
    const place = findSkill(uri, seen(call));
    return place ? [place.entry.plugin.id] : [];
  };

  return {
    async getPrompt(name, args, call) {
      parts.refuseIfDraining();
      const lookUp = (): PromptEntry => findPrompt(seen(call), name, args);
      let pluginId = lookUp().plugin.id;
      const prompt = after([pluginId], call, async () => {
        const entry = lookUp();
        pluginId = entry.plugin.id;
        return toPluginFailed(pluginId, () => entry.prompt.get(args, call));
      });
      const fetched = admitPrompt(name, await withDeadline(`Prompt "${name}"`, call, limits, prompt), limits);
      return addresses.inPrompt(fetched, { pluginId, caller: call.caller });
    },
    async readResource(uri, call) {
      parts.refuseIfDraining();
      const owners = ownersOf(uri, parts.view(call), handedOut.find(call.caller, uri));
      const read = async (): Promise<ReadResult> => {
        const view = seen(call);
        const place = findSkill(uri, view);
        return place ? admitRead(await readSkillFile(place, uri, call), limits) : readResource(uri, view, call, parts);
      };
      const own = kept.read(uri, call.caller);
      if (own) return { contents: own };
      return withDeadline('The resource', call, limits, after(owners, call, read));
    },
    async listSkills(cursor, call) {
      parts.refuseIfDraining();
      const ids = pageOf(seen(call), cursor).page.map(({ plugin }) => plugin.id);
      return ofSkills(ids, call, async () => {
        const { page, next } = pageOf(seen(call), cursor);
        const skills: JsonObject[] = [];
        // One after the other, so that the files of few skills are in memory at once.
        for (const entry of page) skills.push(await describeSkill(entry, call));
        return { skills, next };
      });
    },
    async getSkill(uri, call) {
      parts.refuseIfDraining();
      return ofSkills(ownerOfSkill(uri, call), call, () => describeSkill(listableSkill(uri, seen(call)), call));
    },
    async readDirectory(uri, call) {
      parts.refuseIfDraining();
      return ofSkills(ownerOfSkill(uri, call), call, () => describeFolder(uri, seen(call), call));
    },
  };
}
