import type { Config } from '../config/config.ts';
import type { ApprovalRule, ProfileFile } from '../config/schema.ts';
import { type Caller, DEFAULT_PROFILE } from '../core/caller.ts';
import type { Approval } from '../core/tool.ts';
import type { PromptEntry, ToolEntry } from '../registry/catalogue.ts';
import type { Found } from '../registry/sources.ts';
import { createNameMap, createSelection, type NameMap, type Selection } from './patterns.ts';

/** Decides what may be opened, who sees what, and which tools need an approval. Made anew with each configuration. */
export interface Policy {
  /** Why a plugin may not be opened, or undefined. */
  admit(found: Found): string | undefined;
  /** Whether a profile exists. */
  knows(profile: string): boolean;
  sees(entry: ToolEntry, caller: Caller): boolean;
  seesPrompt(entry: PromptEntry, caller: Caller): boolean;
  seesPlugin(plugin: { readonly id: string; readonly alias?: string }, caller: Caller): boolean;
  approval(entry: ToolEntry, caller: Caller): Approval;
  /** Rules that have matched no tool so far, as `place: pattern`. */
  unused(): string[];
}

type Rule = 'allow' | 'ask' | 'deny' | 'inherit';
type Rules = Rule | NameMap<Rule>;

interface Profile {
  readonly plugins: Selection | undefined;
  readonly tools: Selection | undefined;
  readonly prompts: Selection | undefined;
  readonly approval: Rules;
}

const APPROVALS: Readonly<Record<Exclude<Rule, 'inherit' | 'deny'>, Approval>> = { allow: 'auto', ask: 'required' };

/** The policy of one configuration. */
export function createPolicy(config: Config): Policy {
  const profiles = new Map([...config.profiles].map(([name, file]) => [name, toProfile(file)]));
  if (!profiles.has(DEFAULT_PROFILE)) profiles.set(DEFAULT_PROFILE, toProfile({}));
  const plugins = new Map([...config.plugins].map(([id, plugin]) => [id, toRules(plugin.approval)]));

  const ruleFor = (entry: ToolEntry, profile: Profile): Rule => {
    const { certain, further } = toolNames(entry);
    const inProfile = findRule(profile.approval, certain, further);
    if (inProfile !== 'inherit') return inProfile;
    return findRule(plugins.get(entry.plugin.id) ?? 'inherit', [...certain, ...further, entry.tool.name]);
  };

  const seesPlugin: Policy['seesPlugin'] = ({ id, alias }, caller) => {
    const profile = profiles.get(caller.profile);
    return profile !== undefined && (profile.plugins?.has(alias === undefined ? [id] : [id, alias]) ?? true);
  };

  const approval: Policy['approval'] = (entry, caller) => {
    const profile = profiles.get(caller.profile);
    const rule = profile ? ruleFor(entry, profile) : 'deny';
    return rule === 'allow' || rule === 'ask' ? APPROVALS[rule] : entry.tool.approval;
  };

  return {
    admit: ({ config: plugin }) => (plugin.enabled ? undefined : 'it is disabled in mcp.json'),
    knows: (profile) => profiles.has(profile),
    sees(entry, caller) {
      const profile = profiles.get(caller.profile);
      if (!profile || !seesPlugin(entry.plugin, caller)) return false;
      const { certain, further } = toolNames(entry);
      if (profile.tools && !profile.tools.has([...certain, ...(entry.tool.labels ?? [])], further)) return false;
      return ruleFor(entry, profile) !== 'deny';
    },
    seesPrompt: ({ name, plugin }, caller) => seesPlugin(plugin, caller) && (profiles.get(caller.profile)?.prompts?.has([name]) ?? true),
    seesPlugin,
    approval,
    unused() {
      const places: string[] = [];
      const add = (place: string, list: { readonly unused: readonly string[] } | Rule | undefined): void => {
        if (typeof list === 'object') places.push(...list.unused.map((pattern) => `${place}: ${pattern}`));
      };
      for (const [id, rules] of plugins) add(`plugins.${id}.approval`, rules);
      for (const [name, profile] of profiles) {
        for (const key of ['plugins', 'tools', 'prompts', 'approval'] as const) add(`profiles.${name}.${key}`, profile[key]);
      }
      return places;
    },
  };
}

function toProfile({ plugins, tools, prompts, approval = 'inherit' }: ProfileFile): Profile {
  const select = (list: readonly string[] | undefined): Selection | undefined => (list === undefined ? undefined : createSelection(list));
  return {
    plugins: select(plugins),
    tools: select(tools),
    prompts: select(prompts),
    approval: toRules(approval),
  };
}

function toRules(rule: ApprovalRule): Rules {
  return typeof rule === 'string' ? rule : createNameMap(rule);
}

// A rule written for a native name must not loosen anything for a stranger that came to share it: by such a further
// name a rule can only tighten.
function findRule(rules: Rules, certain: readonly string[], further: readonly string[] = []): Rule {
  if (typeof rules === 'string') return rules;
  const rule = rules.find(certain);
  if (rule !== undefined) return rule;
  const tightening = rules.find(further);
  return tightening === 'ask' || tightening === 'deny' ? tightening : 'inherit';
}

interface ToolNames {
  /** Names that mean this tool and no other: the public one and `<plugin>/<tool>`. */
  readonly certain: readonly string[];
  /** The native name, which another plugin may claim as well. */
  readonly further: readonly string[];
}

function toolNames({ name, plugin, tool }: ToolEntry): ToolNames {
  const native = tool.native ?? tool.name;
  return {
    certain: [name, `${plugin.id}/${tool.name}`, `${plugin.id}/${native}`],
    further: [native],
  };
}
