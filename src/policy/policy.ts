import type { Config } from '../config/config.ts';
import type { ApprovalRule, ProfileFile } from '../config/schema.ts';
import { shortPlace } from '../config/short-place.ts';
import { type Bounds, type FsBounds, type NetworkBounds, NO_BOUNDS } from '../core/contract/bounds.ts';
import { type Caller, DEFAULT_PROFILE } from '../core/contract/caller.ts';
import type { OfferedProfile } from '../core/contract/offered-profile.ts';
import type { Manifest } from '../core/contract/plugin.ts';
import type { SchemaForm } from '../core/contract/schema-form.ts';
import type { Approval } from '../core/contract/tool.ts';
import type { PromptEntry, ToolEntry } from '../registry/catalogue/catalogue.ts';
import type { SkillEntry } from '../registry/catalogue/skills.ts';
import type { DiscoveredPlugin } from '../registry/discovery/discovered-plugin.ts';
import { GATEWAY_MANIFEST } from '../registry/gateway-manifest.ts';
import type { LostTool } from '../registry/offer/known-tools.ts';
import { createNameMap, createSelection, type NameMap, type Selection } from './patterns.ts';

/** Decides which plugins may open, what each caller sees, and which tools require approval. Immutable; each configuration has its own. */
export interface Policy {
  /** Why a plugin must not be opened; undefined if it may. */
  admit(found: DiscoveredPlugin): string | undefined;
  /** Whether a profile exists. */
  hasProfile(profile: string): boolean;
  /** The names of all profiles. */
  profiles(): string[];
  /** The approval decision for a tool and caller; undefined if the caller cannot see the tool. */
  decide(entry: Judged, caller: Caller): ApprovalDecision | undefined;
  /** `mcp.json:line:column` of the rule that a decision comes from; undefined if it comes from the format or from a profile of a plugin. */
  placeOf(entry: Judged, caller: Caller): string | undefined;
  /** Whether a caller would see an unlisted tool if its plugin loaded. */
  knew(tool: LostTool, caller: Caller): boolean;
  seesPrompt(entry: PromptEntry, caller: Caller): boolean;
  seesSkill(entry: SkillEntry, caller: Caller): boolean;
  seesPlugin(plugin: Pick<Manifest, 'id' | 'alias' | 'parent'>, caller: Caller): boolean;
  /** Whether a plugin's hooks, filters and injectors run for this caller. */
  runsHooksOf(plugin: Manifest, caller: Caller): boolean;
  /** The settings of a profile other than its selections. */
  settings(profile: string): ProfileSettings;
  /** Rules that have matched no tool so far, as `place: pattern`. */
  unused(): string[];
}

/** The fields of a tool that rules match, and its declared approval. */
export interface Judged extends LostTool {
  readonly tool: LostTool['tool'] & Pick<ToolEntry['tool'], 'approval'>;
}

/** Where an approval decision comes from: a profile, a plugin's entry, or the format. */
export type ApprovalSource = 'profile' | 'plugin' | 'format';

/** The approval that a tool requires, and where that decision comes from. */
export interface ApprovalDecision {
  readonly approval: Approval;
  readonly approvalSource: ApprovalSource;
}

type Rule = 'allow' | 'ask' | 'deny' | 'inherit';
type Rules = Rule | NameMap<Rule>;

/** The settings of one profile for all its tools. */
export interface ProfileSettings {
  readonly bounds: Bounds;
  /** Calls are denied if `<tool> <canonical JSON of the arguments>` contains one of these texts. */
  readonly denyRules: readonly string[];
  /** The profile's instructions for the model. */
  readonly instructions?: string;
  /** The form of schemas, unless a plugin's entry sets one. */
  readonly schemas?: SchemaForm;
  /** Whether clients search for tools instead of listing them. */
  readonly search?: boolean;
}

interface Profile {
  readonly settings: ProfileSettings;
  readonly hooks: Selection | undefined;
  /** Every tool requires approval, unless the operator's rules for this profile say otherwise. */
  readonly askAlways: boolean;
  readonly plugins: Selection | undefined;
  readonly tools: Selection | undefined;
  readonly prompts: Selection | undefined;
  readonly skills: Selection | undefined;
  readonly approval: Rules;
}

const APPROVALS: Readonly<Record<Exclude<Rule, 'inherit' | 'deny'>, Approval>> = { allow: 'auto', ask: 'required' };

/** The policy of one configuration, with the profiles that plugins provide. */
export function createPolicy(config: Config, offered: readonly OfferedProfile[] = []): Policy {
  const profiles = new Map([...config.profiles].map(([name, file]) => [name, toProfile(file)]));
  for (const profile of offered) profiles.set(profile.name, toProfile(config.profiles.get(profile.name) ?? {}, profile));
  if (!profiles.has(DEFAULT_PROFILE)) profiles.set(DEFAULT_PROFILE, toProfile({}));
  const plugins = new Map([...config.plugins].map(([id, plugin]) => [id, toRules(plugin.approval)]));

  const ruleFor = (entry: LostTool, { certain, further }: ToolNames, profile: Profile): { rule: Rule; by: ApprovalSource } => {
    const inProfile = findRule(profile.approval, certain, further);
    if (inProfile !== 'inherit') return { rule: inProfile, by: 'profile' };
    const rule = findRule(plugins.get(entry.plugin.id) ?? 'inherit', [...certain, ...further, entry.tool.name]);
    if (profile.askAlways && rule !== 'deny') return { rule: 'ask', by: 'profile' };
    return { rule, by: rule === 'inherit' ? 'format' : 'plugin' };
  };

  // The key of the rule in mcp.json: the whole "approval", or one name or glob in it.
  const keyFor = (entry: LostTool, caller: Caller): readonly string[] | undefined => {
    const profile = profiles.get(caller.profile);
    const names = toolNames(entry);
    const { rule, by } = profile ? ruleFor(entry, names, profile) : {};
    if (profile && by === 'profile' && findRule(profile.approval, names.certain, names.further) !== 'inherit')
      return ['profiles', caller.profile, 'approval', ...keysOf(profile.approval, [names.certain, names.further])];
    if (by !== 'plugin' || rule === undefined) return undefined;
    const rules = plugins.get(entry.plugin.id) ?? 'inherit';
    return ['plugins', entry.plugin.id, 'approval', ...keysOf(rules, [[...names.certain, ...names.further, entry.tool.name]])];
  };

  const seesPlugin: Policy['seesPlugin'] = (plugin, caller) => {
    const profile = profiles.get(caller.profile);
    return profile !== undefined && (profile.plugins?.has(namesOf(plugin)) ?? true);
  };

  const ruleOn = (entry: LostTool, caller: Caller): { rule: Exclude<Rule, 'deny'>; by: ApprovalSource } | undefined => {
    const profile = profiles.get(caller.profile);
    if (!profile || !seesPlugin(entry.plugin, caller)) return undefined;
    const names = toolNames(entry);
    if (profile.tools && !profile.tools.has([...names.certain, ...(entry.tool.labels ?? [])], names.further)) return undefined;
    const { rule, by } = ruleFor(entry, names, profile);
    return rule === 'deny' ? undefined : { rule, by };
  };

  return {
    admit: ({ config: plugin }) => (plugin.enabled ? undefined : 'it is disabled in mcp.json'),
    hasProfile: (profile) => profiles.has(profile),
    profiles: () => [...profiles.keys()],
    decide(entry, caller) {
      const found = ruleOn(entry, caller);
      return found && { approval: found.rule === 'inherit' ? entry.tool.approval : APPROVALS[found.rule], approvalSource: found.by };
    },
    placeOf(entry, caller) {
      const key = keyFor(entry, caller);
      return key && shortPlace(config, config.at(...key));
    },
    knew: (tool, caller) => ruleOn(tool, caller) !== undefined,
    seesPrompt: ({ name, plugin }, caller) =>
      (plugin === GATEWAY_MANIFEST || seesPlugin(plugin, caller)) && (profiles.get(caller.profile)?.prompts?.has([name]) ?? true),
    seesSkill: ({ name, plugin, skill }, caller) =>
      seesPlugin(plugin, caller) &&
      (profiles.get(caller.profile)?.skills?.has([name, ...namesOf(plugin).map((id) => `${id}/${skill.name}`)]) ?? true),
    seesPlugin,
    runsHooksOf(plugin, caller) {
      // A guard applies even in profiles that do not see it.
      if (plugin.guards === true) return true;
      return seesPlugin(plugin, caller) && (profiles.get(caller.profile)?.hooks?.has(namesOf(plugin)) ?? true);
    },
    settings: (profile) => profiles.get(profile)?.settings ?? NO_SETTINGS,
    unused() {
      const places: string[] = [];
      const add = (place: string, list: { readonly unused: readonly string[] } | Rule | undefined): void => {
        if (typeof list === 'object') places.push(...list.unused.map((pattern) => `${place}: ${pattern}`));
      };
      for (const [id, rules] of plugins) add(`plugins.${id}.approval`, rules);
      for (const [name, profile] of profiles) {
        for (const key of ['plugins', 'tools', 'prompts', 'skills', 'hooks', 'approval'] as const)
          add(`profiles.${name}.${key}`, profile[key]);
      }
      return places;
    },
  };
}

const NO_SETTINGS: ProfileSettings = { bounds: NO_BOUNDS, denyRules: [] };

// A plugin that another one brings exists in the profiles of that one.
function namesOf({ id, alias, parent }: Pick<Manifest, 'id' | 'alias' | 'parent'>): string[] {
  const names = alias === undefined ? [id] : [id, alias];
  for (let above = parent; above; above = above.parent) names.push(above.id);
  return names;
}

// Keys of a profile in the file replace those from the plugin.
function toProfile({ network, fs, hooks, prompts, skills, approval = 'inherit', ...file }: ProfileFile, offered?: OfferedProfile): Profile {
  const select = (list: readonly string[] | undefined): Selection | undefined => (list === undefined ? undefined : createSelection(list));
  const bounds: Bounds = {
    ...offered?.bounds,
    ...(network ? { network: toNetworkBounds(network) } : {}),
    ...(fs ? { fs: toFsBounds(fs) } : {}),
  };
  return {
    plugins: select(file.plugins ?? offered?.plugins),
    tools: select(file.tools ?? offered?.tools),
    prompts: select(prompts),
    skills: select(skills),
    hooks: select(hooks),
    askAlways: offered?.askAlways ?? false,
    settings: {
      bounds,
      denyRules: offered?.denyRules ?? [],
      ...(file.mode === 'search' ? { search: true } : {}),
      ...(file.schemas === undefined ? {} : { schemas: file.schemas }),
      ...(offered?.instructions === undefined ? {} : { instructions: offered.instructions }),
    },
    approval: toRules(approval),
  };
}

function toNetworkBounds({ allow, deny = [], allow_private_urls = false }: NonNullable<ProfileFile['network']>): NetworkBounds {
  return { ...(allow ? { allow } : {}), deny, allowPrivate: allow_private_urls };
}

function toFsBounds({ read = [], write = [], workdir }: NonNullable<ProfileFile['fs']>): FsBounds {
  return { read, write, ...(workdir === undefined ? {} : { workdir }) };
}

function toRules(rule: ApprovalRule): Rules {
  return typeof rule === 'string' ? rule : createNameMap(rule);
}

// Two plugins may share a native name. A rule that matches only by native name can therefore restrict a tool, but never
// allow it.
function findRule(rules: Rules, certain: readonly string[], further: readonly string[] = []): Rule {
  if (typeof rules === 'string') return rules;
  const rule = rules.find(certain);
  if (rule !== undefined) return rule;
  const tightening = rules.find(further);
  return tightening === 'ask' || tightening === 'deny' ? tightening : 'inherit';
}

// The first list of names that has a rule decides, as in `findRule`.
function keysOf(rules: Rules, names: readonly (readonly string[])[]): string[] {
  if (typeof rules === 'string') return [];
  const found = names.map((list) => rules.keyOf(list)).find((key) => key !== undefined);
  return found === undefined ? [] : [found];
}

interface ToolNames {
  /** Unambiguous names: the public one and `<plugin>/<tool>`. */
  readonly certain: readonly string[];
  /** The native name, which another plugin may claim as well. */
  readonly further: readonly string[];
}

function toolNames({ name, plugin, tool }: LostTool): ToolNames {
  const native = tool.native ?? tool.name;
  return {
    certain: [name, `${plugin.id}/${tool.name}`, `${plugin.id}/${native}`],
    further: [native],
  };
}
