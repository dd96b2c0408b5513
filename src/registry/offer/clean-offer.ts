import type { AdminDetails } from '../../core/contract/admin.ts';
import type { Manifest, Offer, Problem } from '../../core/contract/plugin.ts';
import type { Prompt, PromptArgument } from '../../core/contract/prompt.ts';
import type { Resource, ResourceTemplate } from '../../core/contract/resource.ts';
import type { Skill } from '../../core/contract/skill.ts';
import type { Tool } from '../../core/contract/tool.ts';
import { foreignOrigin } from '../../core/instance.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { withoutOwnKeys } from '../../core/own-meta.ts';
import { hasHidden } from '../../core/text/hidden.ts';
import { showName } from '../../core/text/text.ts';
import { cleanMembers, cleanValue, withMembers } from './clean.ts';

/** An offer whose texts are safe to show, and what was left out of it. */
export interface CleanOffer {
  readonly offer: Offer;
  readonly problems: readonly Problem[];
}

const INVISIBLE = 'contains invisible characters';

/**
 * Makes an offer safe to show: escapes hidden characters, removes `_meta` keys that only the gateway may set, and drops
 * prompts, arguments, resources and skills whose name or address contains hidden characters. `vetTools` checks tool names and schemas.
 */
export function cleanOffer(offer: Offer): CleanOffer {
  const problems: Problem[] = [];
  const refuse = (kind: string, name: string, why: string): void => {
    const subject = showName(name);
    problems.push({ code: 'TOOL_REFUSED', subject, message: `The ${kind} "${subject}" is not served: ${why}.` });
  };
  const addressed = <R extends Resource | ResourceTemplate>(items: readonly R[], kind: string, address: (item: R) => string): R[] =>
    items.flatMap((item) => {
      if (!hasHidden(address(item))) return [cleanResource(item)];
      refuse(kind, address(item), `its address ${INVISIBLE}`);
      return [];
    });
  return {
    offer: {
      ...offer,
      ...cleanMembers(offer, ['version']),
      tools: offer.tools.map(cleanTool),
      prompts: offer.prompts.flatMap((prompt) => cleanPrompt(prompt, refuse) ?? []),
      resources: addressed(offer.resources, 'resource', ({ uri }) => uri),
      templates: addressed(offer.templates, 'resource template', ({ uriTemplate }) => uriTemplate),
      ...(offer.skills ? { skills: offer.skills.flatMap((skill) => cleanSkill(skill, refuse) ?? []) } : {}),
      triggers: offer.triggers.map((trigger) => ({
        ...trigger,
        ...cleanMembers(trigger, ['title', 'description']),
        ...(trigger.params ? { params: cleanValue(trigger.params) } : {}),
      })),
      facts: cleanValue(offer.facts),
      ...(offer.adminDetails ? { adminDetails: cleanValue(offer.adminDetails as JsonObject) as AdminDetails } : {}),
      ...(offer.profiles
        ? { profiles: offer.profiles.map((profile) => ({ ...profile, ...cleanMembers(profile, ['description', 'instructions']) })) }
        : {}),
    },
    problems,
  };
}

/** Escapes hidden characters in the texts of a manifest. */
export function cleanManifest(manifest: Manifest): Manifest {
  return { ...manifest, ...cleanMembers(manifest, ['title', 'description', 'version']) };
}

function cleanTool(tool: Tool): Tool {
  const aliases = tool.aliases?.some(hasHidden) ? { aliases: tool.aliases.filter((alias) => !hasHidden(alias)) } : {};
  return withMembers(tool, { ...cleanMembers(tool, ['title'], ['extras']), ...aliases, ...cleanMeta(tool) });
}

function cleanResource<R extends Resource | ResourceTemplate>(resource: R): R {
  const members = cleanMembers<Resource | ResourceTemplate>(
    resource,
    ['name', 'title', 'description', 'mimeType'],
    ['annotations', 'extras'],
  );
  return withMembers(resource, { ...members, ...cleanMeta(resource) } as Partial<R>);
}

type Refuse = (kind: string, name: string, why: string) => void;

function cleanPrompt(prompt: Prompt, refuse: Refuse): Prompt | undefined {
  if (hasHidden(prompt.name)) return void refuse('prompt', prompt.name, `its name ${INVISIBLE}`);
  const kept: PromptArgument[] = [];
  for (const argument of prompt.arguments ?? []) {
    if (!hasHidden(argument.name)) kept.push(cleanValue(argument as unknown as JsonObject) as unknown as PromptArgument);
    else if (argument.required === true) return void refuse('prompt', prompt.name, `the name of a required argument ${INVISIBLE}`);
    else refuse('argument', argument.name, `its name, in the prompt "${prompt.name}", ${INVISIBLE}`);
  }
  const args = kept.some((argument, i) => argument !== prompt.arguments?.[i]) || kept.length !== (prompt.arguments ?? []).length;
  return withMembers(prompt, {
    ...cleanMembers(prompt, ['title', 'description'], ['extras']),
    ...(args ? { arguments: kept } : {}),
    ...cleanMeta(prompt),
  });
}

// Front matter must stay verbatim or go: escaped, it would differ from the file.
function cleanSkill(skill: Skill, refuse: Refuse): Skill | undefined {
  if (hasHidden(skill.name) || hasHidden(skill.address)) return void refuse('skill', skill.name, `its name or address ${INVISIBLE}`);
  const isClean = skill.frontMatter === undefined || cleanValue(skill.frontMatter) === skill.frontMatter;
  return withMembers(skill, {
    ...cleanMembers(skill, ['description', 'compatibility', 'allowedTools']),
    ...(isClean ? {} : { frontMatter: undefined as never }),
    ...cleanMeta(skill),
  });
}

function cleanMeta({ meta }: Pick<Tool, 'meta'>): Pick<Tool, 'meta'> {
  if (meta === undefined) return {};
  const bare = withoutOwnKeys(meta);
  const clean = cleanValue(bare === meta ? meta : { ...bare, ...foreignOrigin(meta) });
  return clean === meta ? {} : { meta: clean };
}
