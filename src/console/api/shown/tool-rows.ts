import { DEFAULT_PROFILE } from '../../../core/contract/caller.ts';
import type { Approval } from '../../../core/contract/tool.ts';
import { toJsonText } from '../../../core/json/exact-number.ts';
import { shorten } from '../../../core/text/text.ts';
import { effectsOf } from '../../../gateway/view/annotations.ts';
import type { ToolEntry } from '../../../registry/catalogue/catalogue.ts';
import { shapeOf } from '../../../registry/schemas/shape.ts';
import type { ConsoleApp } from '../../parts.ts';
import type { ToolApproval, ToolForm, ToolRow } from '../tool-types.ts';
import type { JsonMap } from '../types.ts';
import { LISTED_LENGTH } from './causes.ts';
import { tokensOf, toolTokens } from './tokens.ts';

const APPROVALS: Readonly<Record<Approval, ToolApproval>> = { auto: 'never', client: 'client', required: 'required' };

/** A tool of a profile, whether it is switched on or off; undefined if mcp.json leaves it out. */
export function toToolRow(app: ConsoleApp, entry: ToolEntry, profile: string = DEFAULT_PROFILE): ToolRow | undefined {
  const caller = { principal: '', profile, scopes: [] };
  const decision = app.policy().decide(entry, caller);
  if (!decision) return undefined;
  const { approval, approvalSource } = decision;
  const seen = app.gateway.view(caller).tools.get(entry.name);
  const { name, plugin, tool, description } = entry;
  return {
    name,
    plugin: plugin.id,
    ...(tool.title === undefined ? {} : { title: shorten(tool.title, LISTED_LENGTH) }),
    description: shorten(description, LISTED_LENGTH),
    hints: effectsOf(seen?.hints ?? tool.hints, approval) ?? {},
    approval: APPROVALS[approval],
    ruledBy: app.policy().placeOf(entry, caller) ?? approvalSource,
    on: !app.switches.isOff(profile, entry),
    pin: app.registry.catalogue().withheld.get(entry.name)?.kind ?? app.pins.rules()?.pinOf(entry) ?? 'none',
    tokens: seen ? toolTokens(seen) : tokensOf(toJsonText([name, description, entry.input, entry.output]).length),
    calls: app.gateway.stats.tally.calls(plugin.id, name),
  };
}

/** The forms of a tool's definition, as different clients get them. */
export function toForms(entry: ToolEntry): readonly ToolForm[] {
  const { name, description, input } = entry;
  const form = (dialect: ToolForm['dialect'], schema: object, losses: readonly string[]): ToolForm => ({
    dialect,
    schema: schema as JsonMap,
    losses,
    tokens: tokensOf(toJsonText({ name, description, inputSchema: schema }).length),
  });
  const [portable, gemini] = [shapeOf(entry, 'portable'), shapeOf(entry, 'gemini')];
  return [
    form('native', input, []),
    form('portable', portable.input, [...lengthLoss(description), ...portable.losses]),
    form('gemini', gemini.input, [...lengthLoss(description), ...gemini.losses]),
  ];
}

/** Several clients cut descriptions here without notice. */
const MAX_DESCRIPTION_LENGTH = 2_048;

function lengthLoss({ length }: string): readonly string[] {
  if (length <= MAX_DESCRIPTION_LENGTH) return [];
  return [`the description has ${length} characters; some clients cut it at ${MAX_DESCRIPTION_LENGTH}`];
}
