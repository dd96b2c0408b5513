import type { Config } from '../../config/config.ts';
import type { Caller } from '../../core/contract/caller.ts';
import type { Resource, ResourceTemplate } from '../../core/contract/resource.ts';
import type { GatewayError } from '../../core/errors.ts';
import { createNameMap, type NameMap } from '../../policy/patterns.ts';
import { toolWithheld } from '../../policy/pins.ts';
import type { Policy, ProfileSettings } from '../../policy/policy.ts';
import type { Catalogue, PromptEntry, ToolEntry } from '../../registry/catalogue/catalogue.ts';
import type { Places, ResourceEntry } from '../../registry/catalogue/places.ts';
import { cleanText } from '../../registry/offer/clean.ts';
import { callTime } from '../call/call-time.ts';
import type { ActiveMiddleware } from '../call/middleware.ts';
import { composeInstructions } from './instructions.ts';
import { type CurrentSkill, createLoadSkill, LOAD_SKILL, skillInstructions } from './load-skill.ts';
import { toOwnEntry } from './own-tools.ts';
import { createToolSearch, SEARCH_INSTRUCTIONS, type ToolSearch } from './search.ts';
import { type VisibleSkills, visibleSkills } from './skills.ts';
import { createVisibleTool, type ToolRules, type VisibleTool } from './visible-tool.ts';

/** What one profile sees of a catalogue. Immutable; a change creates a new one. */
export interface View {
  readonly profile: string;
  /** Every tool that can be called, by its public name. */
  readonly tools: ReadonlyMap<string, VisibleTool>;
  /** Whether sessions see different tools. A view without a session has the tools of all sessions. */
  readonly bySession: boolean;
  /** The tools that clients list: all, or the two search tools. */
  readonly listed: ReadonlyMap<string, VisibleTool>;
  /** Set in profiles with search. */
  readonly search: ToolSearch | undefined;
  readonly prompts: ReadonlyMap<string, PromptEntry>;
  readonly resources: ReadonlyMap<string, ResourceEntry<Resource>>;
  readonly templates: ReadonlyMap<string, ResourceEntry<ResourceTemplate>>;
  readonly views: Places['views'];
  readonly readers: Catalogue['readers'];
  readonly skills: VisibleSkills;
  readonly instructions: string | undefined;
  readonly middleware: readonly ActiveMiddleware[];
  readonly settings: ProfileSettings;
}

/** What a view has besides the catalogue. */
export interface ViewParts {
  /** The gateway's own prompts. */
  readonly prompts?: readonly PromptEntry[];
  /** Builds the view of this session. */
  readonly session?: string | undefined;
  readonly isOff?: (entry: ToolEntry) => boolean;
  readonly skill?: CurrentSkill;
  /** Masks secrets in a text. */
  readonly redact?: (text: string) => string;
}

/** Builds the view of a profile, or of one session in it. */
export function createView(
  catalogue: Catalogue,
  policy: Policy,
  config: Config,
  profile: string,
  { prompts = [], session, isOff = () => false, skill = async (entry) => entry, redact }: ViewParts = {},
): View {
  const caller: Caller = { principal: '', profile, scopes: [] };
  const visible = <E extends { readonly plugin: ToolEntry['plugin'] }>(entries: ReadonlyMap<string, E>): Map<string, E> =>
    new Map([...entries].filter(([, { plugin }]) => policy.seesPlugin(plugin, caller)));
  const tools = new Map<string, VisibleTool>();
  const middleware = catalogue.middleware.filter(({ plugin }) => policy.runsHooksOf(plugin, caller));
  const settings = policy.settings(profile);
  const rulesFor = createRules(config, settings);
  // Generated texts are hidden if the profile does not run the plugin's hooks.
  const showsTexts = (plugin: ToolEntry['plugin'], composed = false): boolean => !composed || policy.runsHooksOf(plugin, caller);
  const texts = catalogue.instructions.filter(({ plugin, composed }) => policy.seesPlugin(plugin, caller) && showsTexts(plugin, composed));
  for (const [name, whole] of catalogue.tools) {
    const entry = shownTo(session, whole);
    const ruling = entry && policy.decide(entry, caller);
    if (ruling && !isOff(entry)) tools.set(name, createVisibleTool({ entry, ...ruling, ...rulesFor(entry), middleware, settings }));
  }
  const own: Omit<ToolRules, 'entry' | 'approval' | 'hints'> = {
    ...callTime({}, undefined, config),
    maxChars: config.limits.resultChars,
    approvalSource: 'format',
    schemas: 'verbatim',
    fence: false,
    clean: false,
    middleware,
    settings,
  };
  const withheld = (name: string): GatewayError | undefined => {
    const tool = catalogue.withheld.get(name);
    return tool && policy.knew(tool.entry, caller) ? toolWithheld(name, tool) : undefined;
  };
  const complete = (tool: Pick<ToolRules, 'entry' | 'approval'>): VisibleTool =>
    createVisibleTool({ ...own, hints: tool.entry.tool.hints, ...tool });
  const isComplete = createRequirements(tools);
  const skills = visibleSkills(catalogue, policy, caller, isComplete);
  const search = settings.search === true ? createToolSearch(tools, complete, withheld, redact) : undefined;
  const loading = skills.byName.size === 0 ? undefined : createLoadSkill(skills.byName.values(), skill);
  // A tool of a plugin keeps its name.
  const loader =
    loading && complete({ entry: toOwnEntry(loading, tools.has(LOAD_SKILL) ? `plugmux_${LOAD_SKILL}` : LOAD_SKILL), approval: 'auto' });
  const listed = search && loader ? new Map([...search.listed, [loader.entry.name, loader]]) : search?.listed;
  if (loader) tools.set(loader.entry.name, loader);
  const ownTexts = [
    search && SEARCH_INSTRUCTIONS,
    settings.instructions,
    loader && skillInstructions(skills.byName.values(), loader.entry.name),
  ];
  const profileText = cleanText(ownTexts.filter((text) => text !== undefined).join('\n\n'));
  const runsFreely = createFreedom(tools);
  return {
    profile,
    tools,
    bySession: [...tools.values()].some(({ entry }) => entry.tool.shownTo !== undefined),
    listed: listed ?? tools,
    search,
    prompts: new Map(
      [...withOwn(catalogue.prompts, prompts)].filter(
        ([, entry]) =>
          policy.seesPrompt(entry, caller) &&
          showsTexts(entry.plugin, entry.prompt.composed) &&
          isComplete(entry.prompt.requires) &&
          skills.has(entry.plugin, entry.prompt.skill) &&
          runsFreely(entry),
      ),
    ),
    resources: new Map(
      [...visible(catalogue.resources)].filter(
        ([, { plugin, resource }]) =>
          showsTexts(plugin, resource.composed) && isComplete(resource.requires) && skills.has(plugin, resource.skill),
      ),
    ),
    templates: visible(catalogue.templates),
    views: visible(catalogue.views),
    readers: visible(catalogue.readers),
    skills,
    middleware,
    settings,
    instructions: composeInstructions(texts, profileText),
  };
}

function shownTo(session: string | undefined, entry: ToolEntry): ToolEntry | undefined {
  if (session === undefined || entry.tool.shownTo === undefined) return entry;
  return [entry, ...entry.others].find(({ tool }) => tool.shownTo?.(session));
}

// Matches tools by any of their names, because authors use different ones.
function createRequirements(tools: ReadonlyMap<string, VisibleTool>): (requires: readonly string[] | undefined) => boolean {
  let names: Set<string> | undefined;
  return (requires = []) => {
    if (requires.length === 0) return true;
    names ??= new Set(
      [...tools.values()].flatMap(({ entry: { name, tool } }) => [name, tool.name, tool.native ?? name, ...(tool.aliases ?? [])]),
    );
    return requires.every((name) => names?.has(name));
  };
}

// A prompt that runs a tool must not bypass that tool's approval, deny rules or middleware.
function createFreedom(tools: ReadonlyMap<string, VisibleTool>): (entry: PromptEntry) => boolean {
  let own: Map<string, VisibleTool> | undefined;
  const key = (plugin: string, tool: string): string => `${plugin}\n${tool}`;
  return ({ plugin, prompt: { runs, guarded = false } }) => {
    if (runs === undefined) return true;
    own ??= new Map([...tools.values()].map((tool) => [key(tool.entry.plugin.id, tool.entry.tool.name), tool]));
    const tool = own.get(key(plugin.id, runs));
    if (!tool || tool.approval === 'required' || tool.settings.denyRules.length > 0) return false;
    return guarded || tool.middleware.length === 0;
  };
}

// Plugins keep their prompt names; on a collision, the gateway's prompt gets a prefix.
function* withOwn(prompts: Catalogue['prompts'], own: readonly PromptEntry[]): Generator<[string, PromptEntry]> {
  yield* prompts;
  for (const entry of own) {
    const name = prompts.has(entry.name) ? `${entry.plugin.id}_${entry.name}` : entry.name;
    yield [name, { ...entry, name }];
  }
}

type OwnRules = Pick<ToolRules, 'hints' | 'timeoutMs' | 'capMs' | 'timeFrom' | 'maxChars' | 'schemas' | 'scopes' | 'fence' | 'clean'>;

function createRules(config: Config, settings: ProfileSettings): (entry: ToolEntry) => OwnRules {
  const { plugins, limits } = config;
  const rules = new Map(
    [...plugins].map(([id, { limits: own, schemas, fence, results, hints, scope }]) => [
      id,
      {
        hints: hints && createNameMap(hints),
        scope: scope && createNameMap(scope),
        callTimeoutMs: byName(own.callTimeoutMs),
        resultChars: byName(own.resultChars),
        schemas,
        fence,
        clean: results === 'clean',
      },
    ]),
  );
  return ({ name, plugin, tool }) => {
    const own = rules.get(plugin.id);
    const names = own ? [tool.name, name, tool.native ?? tool.name] : [];
    const configured = own?.hints?.find(names);
    const scope = own?.scope?.find(names);
    return {
      hints: configured ? { ...tool.hints, ...configured, ...(tool.hints?.destructive ? { destructive: true } : {}) } : tool.hints,
      ...callTime(tool, own?.callTimeoutMs?.find(names), config),
      maxChars: own?.resultChars?.find(names) ?? limits.resultChars,
      schemas: own?.schemas ?? settings.schemas ?? 'portable',
      scopes: scope === undefined ? undefined : [scope].flat(),
      fence: own?.fence ?? true,
      clean: own?.clean ?? false,
    };
  };
}

function byName(limit: number | Readonly<Record<string, number>> | undefined): Pick<NameMap<number>, 'find'> | undefined {
  return typeof limit === 'number' ? { find: () => limit } : limit && createNameMap(limit);
}
