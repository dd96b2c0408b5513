import type { Config } from '../config/config.ts';
import type { Caller } from '../core/caller.ts';
import type { Resource, ResourceTemplate } from '../core/resource.ts';
import type { Approval } from '../core/tool.ts';
import { createNameMap } from '../policy/patterns.ts';
import type { Policy, RuledBy, Terms } from '../policy/policy.ts';
import type { Catalogue, PromptEntry, ResourceEntry, ToolEntry } from '../registry/catalogue.ts';
import { composeInstructions } from './instructions.ts';
import type { ActiveMiddleware } from './middleware.ts';

/** A tool as one profile has it. `timeoutMs` and `capMs` are its time limits. */
export interface VisibleTool {
  readonly entry: ToolEntry;
  readonly approval: Approval;
  readonly ruledBy: RuledBy;
  readonly timeoutMs: number;
  readonly capMs: number;
  /** Who has a say in its calls; one list for all tools of a view. */
  readonly middleware: readonly ActiveMiddleware[];
  readonly terms: Terms;
}

/** What one profile sees of a catalogue. A new object whenever any of it may have changed. */
export interface View {
  readonly profile: string;
  readonly tools: ReadonlyMap<string, VisibleTool>;
  readonly prompts: ReadonlyMap<string, PromptEntry>;
  readonly resources: ReadonlyMap<string, ResourceEntry<Resource>>;
  readonly templates: ReadonlyMap<string, ResourceEntry<ResourceTemplate>>;
  readonly instructions: string | undefined;
  readonly middleware: readonly ActiveMiddleware[];
  readonly terms: Terms;
}

/** Builds the view of a profile; `own` are the gateway's own prompts. */
export function createView(catalogue: Catalogue, policy: Policy, config: Config, profile: string, own: readonly PromptEntry[] = []): View {
  const caller: Caller = { principal: '', profile, scopes: [] };
  const visible = <E extends { readonly plugin: ToolEntry['plugin'] }>(entries: ReadonlyMap<string, E>): Map<string, E> =>
    new Map([...entries].filter(([, { plugin }]) => policy.seesPlugin(plugin, caller)));
  const tools = new Map<string, VisibleTool>();
  const timeouts = createTimeouts(config);
  const middleware = catalogue.middleware.filter(({ plugin }) => policy.hears(plugin, caller));
  const terms = policy.terms(profile);
  const spoken = catalogue.instructions.filter(({ plugin }) => policy.seesPlugin(plugin, caller));
  for (const [name, entry] of catalogue.tools) {
    if (policy.sees(entry, caller))
      tools.set(name, {
        entry,
        approval: policy.approval(entry, caller),
        ruledBy: policy.ruledBy(entry, caller),
        ...timeouts(entry),
        middleware,
        terms,
      });
  }
  return {
    profile,
    tools,
    prompts: new Map([...withOwn(catalogue.prompts, own)].filter(([, entry]) => policy.seesPrompt(entry, caller))),
    resources: visible(catalogue.resources),
    templates: visible(catalogue.templates),
    middleware,
    terms,
    instructions: composeInstructions(spoken, terms.instructions),
  };
}

// A plugin keeps the names of its prompts: then ours gets our name in front.
function* withOwn(prompts: Catalogue['prompts'], own: readonly PromptEntry[]): Generator<[string, PromptEntry]> {
  yield* prompts;
  for (const entry of own) {
    const name = prompts.has(entry.name) ? `${entry.plugin.id}_${entry.name}` : entry.name;
    yield [name, { ...entry, name }];
  }
}

// Tool, then plugin, then the format's own limit, then the gateway's; a limit of its own may be longer than the cap.
function createTimeouts({ plugins, limits }: Config): (entry: ToolEntry) => { timeoutMs: number; capMs: number } {
  const rules = new Map(
    [...plugins].map(([id, { limits: own }]) => {
      const { callTimeoutMs } = own;
      return [id, typeof callTimeoutMs === 'object' ? createNameMap(callTimeoutMs) : { find: () => callTimeoutMs }];
    }),
  );
  return ({ name, plugin, tool }) => {
    const own = rules.get(plugin.id)?.find([tool.name, name, tool.native ?? tool.name]);
    const timeoutMs = own ?? Math.min(tool.timeoutMs ?? limits.callTimeoutMs, limits.callCapMs);
    return { timeoutMs, capMs: Math.max(limits.callCapMs, timeoutMs) };
  };
}
