import { emptyOffer, type Offer, type Problem } from '../../src/core/contract/plugin.ts';
import type { Tool } from '../../src/core/contract/tool.ts';
import type { WireTool } from './go-plugin/messages.ts';
import type { SquadronReport } from './go-plugin/session.ts';
import { toInputSchema, toOutputSchema } from './schema.ts';

/** Arguments of `toOffer`. */
export interface OfferInput {
  readonly id: string;
  readonly report: SquadronReport;
  readonly facts: Offer['facts'];
  readonly problems: readonly Problem[];
  readonly call: (tool: WireTool) => Tool['call'];
}

/** Builds the offer of a running plugin. */
export function toOffer({ id, report, facts, problems, call }: OfferInput): Offer {
  const tools: Tool[] = [];
  const refused: Problem[] = [];
  for (const tool of report.tools) {
    const input = toInputSchema(tool.schemaJson);
    if (input) tools.push(toTool(id, tool, input, call(tool)));
    else
      refused.push({
        code: 'SCHEMA_REFUSED',
        subject: tool.name,
        message: `The input schema of "${tool.name}" is not a JSON object; the tool is not offered.`,
      });
  }
  return { ...emptyOffer, tools, problems: [...problems, ...refused], facts };
}

function toTool(id: string, tool: WireTool, input: Tool['input'], call: Tool['call']): Tool {
  const output = toOutputSchema(tool.outputSchemaJson);
  return {
    name: tool.name,
    title: `${id}: ${tool.name}`,
    // Squadron's models see the reference with "_" as separator.
    native: `plugins_${id}_${tool.name}`,
    aliases: [`plugins.${id}.${tool.name}`],
    description: tool.description,
    input,
    ...(output?.type === 'object' ? { output, checksOutput: true } : {}),
    ...(output && output.type !== 'object' ? { meta: { outputSchema: output } } : {}),
    // On the wire, false and unknown are the same.
    ...(tool.idempotent ? { hints: { idempotent: true } } : {}),
    approval: 'client',
    labels: [`plugins.${id}.all`, `plugins.${id}.${tool.name}`],
    exactNumbers: true,
    call,
  };
}
