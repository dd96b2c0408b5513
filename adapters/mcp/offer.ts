import { emptyOffer, type Offer, type Problem } from '../../src/core/contract/plugin.ts';
import type { Prompt } from '../../src/core/contract/prompt.ts';
import type { Resource, ResourceTemplate } from '../../src/core/contract/resource.ts';
import type { Hints, Tool } from '../../src/core/contract/tool.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { passedHere } from '../../src/core/instance.ts';
import { toDouble } from '../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { useOf } from '../../src/host/skills/fields.ts';
import { skillPrompt } from '../../src/host/skills/skill.ts';
import type { Calls } from './calls.ts';
import { headerFault } from './connection/headers.ts';
import type { ServerEntry } from './entry.ts';
import { isMimeType } from './lists/content-faults.ts';
import { type KnownLists, memberOf, revive } from './lists/known.ts';
import { annotationsOf, argumentsOf, iconsOf, type ListKind, metaOf, text } from './lists/listed.ts';
import { toSkills } from './lists/skills.ts';

/** The lists of a server, as received. */
export interface Lists {
  readonly tools: readonly JsonValue[];
  readonly prompts: readonly JsonValue[];
  readonly resources: readonly JsonValue[];
  readonly resourceTemplates: readonly JsonValue[];
  readonly skills: readonly JsonValue[];
  /** The first `tools/list` has not been answered yet. */
  readonly awaitsTools: boolean;
  /** Lists that have never been read completely. */
  readonly unread: readonly ListKind[];
  /** The lists stored at the last start, if they apply to this login. */
  readonly known: KnownLists | undefined;
  /** Faults of the lists, for `doctor`. */
  readonly problems: readonly Problem[];
}

/** Throws CONFIG_INVALID if the server lists items of this same gateway. */
export function refuseRound({ tools, prompts }: Lists): void {
  if (![...tools, ...prompts].some((item) => isJsonObject(item) && passedHere(item._meta))) return;
  throw new GatewayError('CONFIG_INVALID', 'The server lists items of this same gateway, which would be a loop.', {
    fix: 'Remove it from "mcpServers", or this gateway from that server.',
  });
}

/** Properties of the connection that the offer contains. */
interface Connection {
  readonly instructions: string | undefined;
  readonly facts: JsonObject;
  /** Whether arguments marked with `x-mcp-header` are also sent as headers. */
  readonly repeatsArguments: boolean;
}

/** Converts a server's lists to an offer, without the items that cannot be used. `personal`: the lists depend on a login. */
export function toOffer(
  lists: Lists,
  entry: ServerEntry,
  { instructions, facts, repeatsArguments }: Connection,
  calls: Calls,
  personal: boolean,
  pluginId: string,
): Offer {
  const problems: Problem[] = [...lists.problems];
  const usable = <T>(items: readonly JsonValue[], kind: string, key: string, make: (item: JsonObject) => T): T[] =>
    items.flatMap((item) => {
      if (isJsonObject(item) && typeof item[key] === 'string') return [make(item)];
      const why = item === null ? 'that is null or nested too deep' : `without "${key}"`;
      problems.push({ code: 'TOOL_REFUSED', subject: kind, message: `The server lists a ${kind} ${why}; it is not served.` });
      return [];
    });
  const tools = usable(lists.tools, 'tool', 'name', (raw) => raw).filter((raw) => wanted(raw, entry, problems));
  const known = lists.known ? revive(lists.known, lists.unread, calls, repeatsArguments, pluginId) : {};
  const skills = known.skills ?? toSkills(lists.skills, { pluginId, calls }, problems);
  const prompts = known.prompts ?? usable(lists.prompts, 'prompt', 'name', (raw) => toPrompt(raw, calls));
  return {
    ...emptyOffer,
    tools: tools.map((raw) => toTool(raw, entry, calls, repeatsArguments ? headerFault(raw.inputSchema) : undefined)),
    resources: usable(lists.resources, 'resource', 'uri', (raw) => toResource(raw, calls)),
    templates: usable(lists.resourceTemplates, 'resource template', 'uriTemplate', (raw) => toTemplate(raw, calls)),
    ...known,
    prompts:
      skills.length === 0
        ? prompts
        : [...prompts, ...skills.flatMap((skill) => skillPrompt(pluginId, useOf(skill.frontMatter ?? {}), skill) ?? [])],
    ...(skills.length === 0 ? {} : { skills }),
    read: calls.read,
    ...(instructions === undefined || instructions.trim() === '' ? {} : { instructions }),
    ...(personal ? { personal } : {}),
    ...(lists.awaitsTools ? { awaitsTools: true } : {}),
    ...(lists.unread.length === 0 ? {} : { unread: lists.unread.map(memberOf) }),
    problems,
    facts,
  };
}

function wanted(raw: JsonObject, { include, exclude }: ServerEntry, problems: Problem[]): boolean {
  const name = raw.name as string;
  if ((include && !include.includes(name)) || names(exclude, name)) return false;
  if (!isJsonObject(raw.execution) || raw.execution.taskSupport !== 'required') return true;
  problems.push({ subject: name, message: 'The tool runs only as a task, which the gateway does not support.' });
  return false;
}

/** Whether a list has a name, or a pattern with `*` that matches it. */
function names(list: readonly string[], name: string): boolean {
  return list.some((item) => item === name || (item.includes('*') && matches(item, name)));
}

// In one pass over the name, since the pattern may come from a plugin.
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.slice(0, name.length - last.length).indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

function toTool(raw: JsonObject, { trusted, asked, timeoutMs }: ServerEntry, calls: Calls, fault: string | undefined): Tool {
  const { name, title, description, inputSchema, outputSchema, annotations, _meta, icons } = raw;
  const hints = toHints(annotations);
  const shown = text(title) ?? (isJsonObject(annotations) ? text(annotations.title) : undefined);
  return {
    name: name as string,
    ...(fault === undefined ? {} : { fault }),
    ...(shown === undefined ? {} : { title: shown }),
    description: text(description) ?? '',
    // Not checked here: the registry validates it and leaves out a tool whose schema is invalid.
    input: inputSchema as JsonObject,
    ...(isJsonObject(outputSchema) ? { output: outputSchema } : {}),
    ...(hints ? { hints } : {}),
    approval: names(asked, name as string) ? 'required' : trusted.includes('*') || trusted.includes(name as string) ? 'auto' : 'client',
    ...metaOf(_meta),
    ...iconsOf(icons),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    exactNumbers: true,
    resultsAsGiven: true,
    call: calls.tool(name as string, isJsonObject(inputSchema) ? inputSchema : {}),
  };
}

function toHints(annotations: JsonValue | undefined): Hints | undefined {
  if (!isJsonObject(annotations)) return undefined;
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations;
  const all = { readOnly: readOnlyHint, destructive: destructiveHint, idempotent: idempotentHint, openWorld: openWorldHint };
  const given = Object.entries(all).filter(([, value]) => typeof value === 'boolean');
  return given.length > 0 ? Object.fromEntries(given) : undefined;
}

function toPrompt(raw: JsonObject, calls: Calls): Prompt {
  const args = argumentsOf(raw.arguments);
  return {
    ...described(raw),
    name: raw.name as string,
    ...(args.length > 0 ? { arguments: args } : {}),
    get: calls.prompt(raw.name as string),
    ...calls.completing({ type: 'ref/prompt', name: raw.name as string }),
  };
}

function toResource(raw: JsonObject, calls: Calls): Resource {
  const uri = raw.uri as string;
  const size = toDouble(raw.size);
  return {
    ...described(raw),
    ...more(raw),
    uri,
    name: text(raw.name) ?? uri,
    ...(typeof size === 'number' && size >= 0 ? { size: raw.size as number } : {}),
    read: (ctx) => calls.read(uri, ctx),
  };
}

function toTemplate(raw: JsonObject, calls: Calls): ResourceTemplate {
  const uriTemplate = raw.uriTemplate as string;
  return {
    ...described(raw),
    ...more(raw),
    uriTemplate,
    name: text(raw.name) ?? uriTemplate,
    read: (uri, _, ctx) => calls.read(uri, ctx),
    ...calls.completing({ type: 'ref/resource', uri: uriTemplate }),
  };
}

function described({ title, description, _meta, icons }: JsonObject) {
  return {
    ...(text(title) === undefined ? {} : { title: title as string }),
    ...(text(description) === undefined ? {} : { description: description as string }),
    ...metaOf(_meta),
    ...iconsOf(icons),
  };
}

function more({ mimeType, annotations }: JsonObject) {
  return {
    ...(isMimeType(mimeType) ? { mimeType } : {}),
    ...annotationsOf(annotations),
  };
}
