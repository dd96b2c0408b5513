import type { Middleware } from '../../core/contract/middleware.ts';
import type { OfferedProfile } from '../../core/contract/offered-profile.ts';
import type { Manifest, Offer } from '../../core/contract/plugin.ts';
import type { Prompt } from '../../core/contract/prompt.ts';
import type { Resource, ResourceTemplate } from '../../core/contract/resource.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { cleanText } from '../offer/clean.ts';
import type { KnownTool, LostTool } from '../offer/known-tools.ts';
import { rewriteDescriptions, type VettedTool, type VettedTools } from '../offer/tools.ts';
import { renameIn } from './addresses.ts';
import { instructionsPrompt, instructionsResource } from './instructions.ts';
import { type Claim, createRewriter, publicNames } from './names.ts';
import { type Places, placesOf } from './places.ts';
import { namedSkills, type SkillEntry, skillResources } from './skills.ts';

/** One registered tool under its public name. */
export interface ToolEntry {
  readonly name: string;
  readonly plugin: Manifest;
  readonly tool: VettedTool['tool'];
  readonly description: string;
  /** The `_meta` it is listed with. */
  readonly meta?: JsonObject | undefined;
  /** The schema as clients see it. */
  readonly input: JsonObject;
  /** The schema of its structured results, if clients may see it. */
  readonly output?: JsonObject | undefined;
  readonly checker: VettedTool['checker'];
  readonly outputChecker?: VettedTool['outputChecker'];
  /** The parts of its arguments that are not checked. */
  readonly unchecked: VettedTool['unchecked'];
  readonly headers: VettedTool['headers'];
  readonly portable: VettedTool['portable'];
  /** Variants of the tool that other sessions see. */
  readonly others: readonly ToolEntry[];
}

/** A tool that is not in the lock file, or differs from it. */
export interface WithheldTool {
  readonly entry: ToolEntry;
  readonly kind: 'new' | 'changed';
  /** Why the lock file cannot be used, if that is the reason. */
  readonly fault?: string;
}

/** One registered prompt under its public name. */
export interface PromptEntry {
  readonly name: string;
  readonly plugin: Manifest;
  readonly prompt: Prompt;
}

/** A plugin that can read resources by address, including unlisted ones. */
export interface Reader {
  readonly plugin: Manifest;
  readonly read: NonNullable<Offer['read']>;
}

/** Everything that is offered at one moment. Immutable; a change builds a new one. */
export interface Catalogue extends Places {
  readonly tools: ReadonlyMap<string, ToolEntry>;
  /** Tools that are neither listed nor callable, because they differ from the lock file. */
  readonly withheld: ReadonlyMap<string, WithheldTool>;
  /** Tools that are not listed because their plugin currently offers nothing. */
  readonly lost: ReadonlyMap<string, LostTool>;
  readonly prompts: ReadonlyMap<string, PromptEntry>;
  readonly readers: ReadonlyMap<string, Reader>;
  /** Skills by their public names. */
  readonly skills: ReadonlyMap<string, SkillEntry>;
  readonly instructions: readonly {
    readonly plugin: Manifest;
    readonly text: string;
    /** Whether the plugin's code generates the text. */
    readonly composed: boolean;
  }[];
  /** Middleware that plugins apply to all calls. Steps are undefined for a guard that has not listed or has failed. */
  readonly middleware: readonly {
    readonly plugin: Manifest;
    readonly steps: Middleware | undefined;
    /** The plugin is still opening; its steps are not known yet. */
    readonly opening?: boolean;
  }[];
  /** Profiles that plugins provide; if two share a name, the first counts. */
  readonly profiles: readonly OfferedProfile[];
  /** Native names that several plugins claim, with the ids of these plugins. */
  readonly collisions: ReadonlyMap<string, readonly string[]>;
  /** Number of tools left out because the catalogue is full. */
  readonly dropped: number;
}

/** What one plugin adds to a catalogue. */
export interface Contribution {
  readonly manifest: Manifest;
  readonly offer: Offer | undefined;
  readonly vetted: VettedTools;
  /** Public names the operator chose, by the tool's own name. */
  readonly names: Readonly<Record<string, string>>;
  /** Its last known list, for a plugin that has not listed yet. */
  readonly remembered: readonly KnownTool[];
  /** Whether the offer comes from the last start. */
  readonly opening?: boolean;
}

interface ToolClaim extends Claim {
  readonly lost?: Omit<LostTool, 'name'>;
  readonly from?: {
    readonly contribution: Contribution;
    readonly vetted: VettedTool;
  };
}

/** The native name of a tool, as it competes with others. */
export function nativeName(tool: VettedTool['tool'], names: Readonly<Record<string, string>>): string {
  return (Object.hasOwn(names, tool.name) ? names[tool.name] : undefined) ?? tool.native ?? tool.name;
}

/** Builds the catalogue of all contributions, at most `limit` tools. */
export function buildCatalogue(contributions: readonly Contribution[], limit: number): Catalogue {
  const claims = contributions.flatMap(toolClaims);
  const names = publicNames(claims);
  const tools = new Map<string, ToolEntry>();
  const rewriters = rewritersOf(names);
  const withText = contributions.map((c) => withInstructions(c, rewriters.get(c))).map(withSkills);
  const places = placesOf(withText.map((w) => ({ ...w, tools: w.contribution.vetted.tools })));
  let dropped = 0;
  const lost = new Map<string, LostTool>();
  for (const [{ from, lost: tool }, name] of names) {
    if (tool) lost.set(name, { name, ...tool });
    if (from && tools.size >= limit) dropped++;
    else if (from) tools.set(name, toToolEntry(name, from.contribution, from.vetted, rewriters.get(from.contribution), places.renamed));
  }
  return {
    tools,
    withheld: new Map(),
    lost,
    prompts: promptsOf(withText, rewriters),
    ...places,
    readers: new Map(
      contributions.flatMap(({ manifest, offer }) => (offer?.read ? [[manifest.id, { plugin: manifest, read: offer.read }]] : [])),
    ),
    skills: namedSkills(contributions),
    instructions: withText.flatMap(({ contribution, manifest, text }) =>
      text === '' ? [] : [{ plugin: manifest, text, composed: contribution.offer?.compose !== undefined }],
    ),
    middleware: contributions.flatMap(({ manifest, offer, opening = false }) => {
      if (!offer?.middleware && !manifest.guards) return [];
      // A guard that has not opened yet could still deny the call, so the call must not pass without it.
      const isClosed = opening && (manifest.guards !== undefined || offer?.middleware?.onError === 'deny');
      const steps = isClosed ? undefined : offer?.middleware;
      return [{ plugin: manifest, steps, ...(opening ? { opening } : {}) }];
    }),
    profiles: contributions.flatMap(({ offer }) => offer?.profiles ?? []).filter(isFirst),
    collisions: collisionsOf(claims),
    dropped,
  };
}

function isFirst({ name }: OfferedProfile, index: number, all: readonly OfferedProfile[]): boolean {
  return all.findIndex((other) => other.name === name) === index;
}

type Rewriters = ReadonlyMap<Contribution, ((text: string) => string) | undefined>;

function rewritersOf(names: ReadonlyMap<ToolClaim, string>): Rewriters {
  const renamed = new Map<Contribution, Map<string, string>>();
  for (const [claim, name] of names) {
    if (!claim.from) continue;
    const { contribution } = claim.from;
    const own = renamed.get(contribution) ?? new Map<string, string>();
    renamed.set(contribution, own);
    for (const mentioned of mentionedNames(claim)) own.set(mentioned, name);
  }
  return new Map([...renamed].map(([contribution, own]) => [contribution, createRewriter(own)]));
}

function toolClaims(contribution: Contribution): ToolClaim[] {
  const { manifest, vetted, names, remembered, offer } = contribution;
  if (offer === undefined)
    return remembered.map(({ claim, tool }) => ({
      plugin: manifest.id,
      native: claim,
      ...(tool ? { lost: { plugin: manifest, tool } } : {}),
    }));
  return vetted.tools.map((tool) => ({
    plugin: manifest.id,
    native: nativeName(tool.tool, names),
    from: { contribution, vetted: tool },
  }));
}

function mentionedNames({ native, from }: ToolClaim): string[] {
  const tool = from?.vetted.tool;
  return [...(tool?.aliases ?? []), tool?.native ?? native, native];
}

function collisionsOf(claims: readonly ToolClaim[]): Map<string, string[]> {
  const parties = new Map<string, string[]>();
  for (const { plugin, native } of claims) parties.set(native, [...(parties.get(native) ?? []), plugin]);
  return new Map([...parties].filter(([, plugins]) => plugins.length > 1));
}

function toToolEntry(
  name: string,
  contribution: Contribution,
  vetted: VettedTool,
  rewrite: ((text: string) => string) | undefined,
  renamed: Catalogue['renamed'],
): ToolEntry {
  const addresses = renamed.get(contribution.manifest.id);
  const { meta } = vetted.tool;
  return {
    name,
    plugin: contribution.manifest,
    tool: vetted.tool,
    description: rewrite ? cleanText(rewrite(vetted.description)) : vetted.description,
    meta: meta && addresses ? renameIn(meta, addresses) : meta,
    input: rewrite ? rewriteDescriptions(vetted.schema, rewrite) : vetted.schema,
    output: vetted.output,
    checker: vetted.checker,
    ...(vetted.outputChecker ? { outputChecker: vetted.outputChecker } : {}),
    unchecked: vetted.unchecked,
    headers: vetted.headers,
    portable: vetted.portable,
    others: vetted.others.map((other) => toToolEntry(name, contribution, other, rewrite, renamed)),
  };
}

interface WithText {
  readonly contribution: Contribution;
  readonly manifest: Manifest;
  /** Empty if there are no instructions, or none yet. */
  readonly text: string;
  readonly prompts: readonly Prompt[];
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplate[];
}

// A plugin's instructions are also served as a prompt and as a resource.
function withInstructions(contribution: Contribution, rewrite: ((text: string) => string) | undefined): WithText {
  const { manifest, offer } = contribution;
  const { prompts = [], resources = [], templates = [] } = offer ?? {};
  const compose = offer?.compose;
  const raw = offer?.instructions ?? '';
  if (raw.trim() === '' && !compose) return { contribution, manifest, text: '', prompts, resources, templates };
  const clean = (plain: string): string => cleanText(rewrite ? rewrite(plain) : plain);
  const text = raw.trim() === '' ? '' : clean(raw);
  const now = async (ctx: CallContext): Promise<string> => (compose ? clean(await compose(ctx)) : text);
  const instructions = { text, now, composed: compose !== undefined };
  return {
    contribution,
    manifest,
    text,
    prompts: [...prompts, instructionsPrompt(manifest, instructions)],
    resources: [...resources, instructionsResource(manifest, instructions)],
    templates,
  };
}

// The files of a plugin's skills are also resources.
function withSkills(whole: WithText): WithText {
  const { skills } = whole.contribution.offer ?? {};
  if (skills === undefined || skills.length === 0) return whole;
  const { resources, templates } = skillResources(whole.manifest, skills);
  return { ...whole, resources: [...whole.resources, ...resources], templates: [...whole.templates, ...templates] };
}

function promptsOf(all: readonly WithText[], rewriters: Rewriters): Map<string, PromptEntry> {
  const listed = new Set(
    all.flatMap(({ manifest: { parent }, prompts }) => (parent ? prompts.map(({ name }) => `${parent.id}\n${name}`) : [])),
  );
  const claims = all.flatMap(({ contribution, manifest, prompts }) =>
    prompts
      .filter(({ standsIn, name }) => !standsIn || !listed.has(`${manifest.id}\n${name}`))
      .map((prompt) => ({
        plugin: manifest.id,
        native: prompt.name,
        manifest,
        prompt,
        contribution,
      })),
  );
  const entries = [...publicNames(claims)].map(([{ manifest, prompt, contribution }, name]): [string, PromptEntry] => {
    const rewrite = rewriters.get(contribution);
    const described =
      rewrite && prompt.description !== undefined
        ? Object.assign(Object.create(prompt) as Prompt, {
            description: rewrite(prompt.description),
          })
        : prompt;
    return [name, { name, plugin: manifest, prompt: described }];
  });
  return new Map(entries);
}
