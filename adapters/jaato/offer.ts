import type { Member } from '../../src/core/host.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { emptyOffer, type Offer } from '../../src/core/plugin.ts';
import type { Tool } from '../../src/core/tool.ts';
import { toPrompt } from './prompt.ts';
import type { JaatoReport, JaatoTool } from './report.ts';

/** What is known of a plugin. */
export interface OfferInput {
  /** The plugin's id in the gateway. */
  readonly id: string;
  readonly member: Member;
  readonly report: JaatoReport | undefined;
  /** Plugins beside it that the configuration does not name. */
  readonly unnamed: readonly string[];
}

/** What a plugin offers; undefined until it has been described: its declarations are made at run time. */
export function toOffer({ member, report, unnamed }: OfferInput): Offer | undefined {
  if (report?.tools === undefined) return undefined;
  const { commands = [], instructions = '', autoApproved = [] } = report;
  const approved = new Set(autoApproved);
  return {
    ...emptyOffer,
    tools: report.tools.map((tool) => toTool(tool, report, approved.has(tool.name), member)),
    prompts: commands.filter((c) => c.shared && !c.broken).map((command) => toPrompt(command, member)),
    ...(instructions === '' ? {} : { instructions }),
    problems: report.problems ?? [],
    facts: factsOf(report, unnamed),
  };
}

function toTool(tool: JaatoTool, { name, generation }: JaatoReport, approved: boolean, member: Member): Tool {
  const { category, discoverability, traits = [] } = tool;
  const key = `tool:${tool.name}`;
  const hints = {
    ...(traits.includes('file_writer') ? { readOnly: false } : {}),
    ...(traits.includes('untrusted_content') ? { openWorld: true } : {}),
  };
  return {
    name: tool.name,
    description: tool.description,
    input: tool.input,
    ...(Object.keys(hints).length > 0 ? { hints } : {}),
    approval: approved ? 'auto' : 'client',
    labels: category === undefined ? [] : [`category:${category}`],
    meta: {
      jaato: {
        plugin: name ?? '',
        generation,
        autoApproved: approved,
        ...(category === undefined ? {} : { category }),
        ...(discoverability === undefined ? {} : { discoverability }),
        ...(traits.length === 0 ? {} : { traits: [...traits] }),
      },
    },
    call: (args, ctx) => member.call(key, args, ctx),
  };
}

function factsOf(report: JaatoReport, unnamed: readonly string[]): JsonObject {
  const { name, generation, stage, source, tier, standins = [], missing = [], notApplicable = [], hiddenExecutors = [] } = report;
  const commands = (report.commands ?? []).map((c) => `${c.name}${c.broken ? ' (broken)' : c.shared ? '' : ' (for the person)'}`);
  const lists = { standins, missing, notApplicable, hiddenExecutors, commands, unnamed };
  return {
    ...(name === undefined ? {} : { name }),
    generation,
    stage,
    ...(source ?? {}),
    ...(tier === undefined ? {} : { tier }),
    ...Object.fromEntries(
      Object.entries(lists)
        .filter(([, list]) => list.length > 0)
        .map(([key, list]) => [key, [...list]]),
    ),
  };
}
