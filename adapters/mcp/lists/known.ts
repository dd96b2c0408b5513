import type { Offer } from '../../../src/core/contract/plugin.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import type { Calls } from '../calls.ts';
import { headerFault } from '../connection/headers.ts';
import type { ListKind } from './listed.ts';
import { reviveSkill } from './skills.ts';

/** The lists of an offer. */
export type KnownLists = Pick<Offer, 'tools' | 'prompts' | 'resources' | 'templates' | 'skills'>;

/** The name of a list in an offer. */
export function memberOf(kind: ListKind): keyof KnownLists {
  return kind === 'resourceTemplates' ? 'templates' : kind;
}

/** Returns stored lists whose items call the server over the current connection. */
export function revive(
  known: KnownLists,
  kinds: readonly ListKind[],
  calls: Calls,
  repeatsArguments: boolean,
  pluginId: string,
): Partial<KnownLists> {
  const all: KnownLists = {
    tools: known.tools.map(({ fault: _, ...tool }) => {
      const fault = repeatsArguments ? headerFault(tool.input) : undefined;
      const call = calls.tool(tool.name, isJsonObject(tool.input) ? tool.input : {});
      return { ...tool, ...(fault === undefined ? {} : { fault }), call };
    }),
    // Those of skills are made again.
    prompts: known.prompts
      .filter(({ skill }) => skill === undefined)
      .map((prompt) => {
        const { name } = prompt;
        return { ...prompt, get: calls.prompt(name), ...calls.completing({ type: 'ref/prompt', name }) };
      }),
    resources: known.resources.map((resource) => ({ ...resource, read: (ctx) => calls.read(resource.uri, ctx) })),
    templates: known.templates.map((template) => ({
      ...template,
      read: (uri, _, ctx) => calls.read(uri, ctx),
      ...calls.completing({ type: 'ref/resource', uri: template.uriTemplate }),
    })),
    skills: known.skills?.map((skill) => reviveSkill(skill, { pluginId, calls })) ?? [],
  };
  const wanted = kinds.map(memberOf).filter((member) => (known[member]?.length ?? 0) > 0);
  return Object.fromEntries(wanted.map((member) => [member, all[member]]));
}
