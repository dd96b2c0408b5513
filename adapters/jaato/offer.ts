import type { ToolResult } from '../../src/core/contract/content.ts';
import type { Host } from '../../src/core/contract/host.ts';
import type { Member } from '../../src/core/contract/member.ts';
import { emptyOffer, type Offer } from '../../src/core/contract/plugin.ts';
import type { Tool } from '../../src/core/contract/tool.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { pythonFacts } from '../../src/host/python/facts.ts';
import { enforce, type Preview, permitCommand, registerPeer } from './enforce.ts';
import { previewCall } from './preview.ts';
import { type RunCommand, toPrompt, toUserCommand } from './prompt.ts';
import type { JaatoReport, JaatoTool } from './report.ts';

/** Arguments of `toOffer`. */
export interface OfferInput {
  /** The plugin's id in the gateway. */
  readonly id: string;
  readonly host: Host;
  readonly member: Member;
  readonly report: JaatoReport | undefined;
  /** Whether it authorizes every call. */
  readonly enforces: boolean;
  /** Whether commands for the user alone are prompts, too. */
  readonly everyCommand: boolean;
}

/** Builds the offer; undefined before the first description, because tools are declared at run time. */
export function toOffer({ id, host, member, report, enforces, everyCommand }: OfferInput): Offer | undefined {
  if (report?.tools === undefined) return undefined;
  const { commands = [], instructions = '', autoApproved = [] } = report;
  const approved = new Set(autoApproved);
  const declared = new Set(report.tools.map((tool) => tool.name));
  const preview: Preview | undefined = report.previews ? (tool, args) => previewCall(member, tool, args) : undefined;
  const guard = enforces ? enforce(host, id, member) : undefined;
  registerPeer(host, id, { member, preview, guard }, autoApproved);
  const run: RunCommand = async (name, params, ctx) => {
    await permitCommand(host, id, name, params, ctx);
    return member.call(`command:${name}`, params, ctx);
  };
  return {
    ...emptyOffer,
    ...(typeof report.source?.version === 'string' ? { version: report.source.version } : {}),
    tools: report.tools.map((tool) => toTool(tool, report, approved.has(tool.name), member, preview)),
    commands: commands.filter((c) => !c.broken).map((command) => toUserCommand(command, run)),
    prompts: commands
      .filter((c) => (c.shared || everyCommand) && !c.broken)
      // If a tool has the same executor, the rules for the tool apply to the command, too.
      .map((command) => ({
        ...toPrompt(command, run, member),
        ...(declared.has(command.name) ? { runs: command.name, guarded: true } : {}),
      })),
    ...(instructions === '' ? {} : { instructions }),
    ...(guard ? { middleware: guard } : {}),
    problems: report.problems ?? [],
    facts: factsOf(report),
    ...settingsOf(report),
    ...(report.name === undefined ? {} : { adminDetails: { name: report.name } }),
  };
}

function toTool(
  tool: JaatoTool,
  { name, generation = 'S', source }: JaatoReport,
  approved: boolean,
  member: Member,
  preview?: Preview,
): Tool {
  const { category, discoverability, traits = [] } = tool;
  const key = `tool:${tool.name}`;
  const hints = {
    ...(traits.includes('file_writer') ? { readOnly: false } : {}),
    ...(traits.includes('untrusted_content') ? { openWorld: true } : {}),
  };
  return {
    name: tool.name,
    title: name === undefined ? tool.name : `${name}: ${tool.name}`,
    description: tool.description,
    input: tool.input,
    ...(Object.keys(hints).length > 0 ? { hints } : {}),
    approval: approved ? 'auto' : 'client',
    labels: category === undefined ? [] : [`category:${category}`],
    meta: {
      jaato: {
        plugin: name ?? '',
        generation,
        ...(source?.distribution === undefined ? {} : { distribution: source.distribution }),
        autoApproved: approved,
        ...(category === undefined ? {} : { category }),
        ...(discoverability === undefined ? {} : { discoverability }),
        ...(traits.length === 0 ? {} : { traits: [...traits] }),
      },
    },
    ...(traits.includes('untrusted_content') ? { untrusted: true } : {}),
    ...(preview ? { preview: (args: JsonObject) => preview(tool.name, args) } : {}),
    exactNumbers: true,
    // Structured data cannot be fenced, and many clients show it instead of the text, which contains it anyway.
    call: traits.includes('untrusted_content')
      ? async (args, ctx) => withoutData(await member.call(key, args, ctx))
      : (args, ctx) => member.call(key, args, ctx),
  };
}

// Authors mark secrets in several ways; the schema has one.
function settingsOf({ settings = {}, secretSettings = [] }: JaatoReport): Pick<Offer, 'settings'> {
  if (Object.keys(settings).length === 0) return {};
  const properties = Object.entries(asObject(settings.properties)).map(([key, schema]): [string, JsonValue] => [
    key,
    isJsonObject(schema) && secretSettings.includes(key) ? { ...schema, writeOnly: true } : schema,
  ]);
  return { settings: { ...settings, properties: Object.fromEntries(properties) } };
}

function withoutData({ structured: _, ...rest }: ToolResult): ToolResult {
  return rest;
}

function factsOf(report: JaatoReport): JsonObject {
  const { name, generation = 'S', stage, source, tier, standins = [], missing = [], notApplicable = [], hiddenExecutors = [] } = report;
  const commands = (report.commands ?? []).map((c) => `${c.name}${c.broken ? ' (broken)' : c.shared ? '' : ' (for the person)'}`);
  const lists = { standins, missing, notApplicable, hiddenExecutors, commands };
  return {
    ...(name === undefined ? {} : { name }),
    generation,
    stage,
    ...(source ?? {}),
    ...pythonFacts(report),
    ...(tier === undefined ? {} : { tier }),
    ...Object.fromEntries(
      Object.entries(lists)
        .filter(([, list]) => list.length > 0)
        .map(([key, list]) => [key, [...list]]),
    ),
  };
}
