import { errorResult } from '../../src/core/contract/content.ts';
import type { Member } from '../../src/core/contract/member.ts';
import { emptyOffer, type Offer, type Problem } from '../../src/core/contract/plugin.ts';
import type { Prompt } from '../../src/core/contract/prompt.ts';
import type { CallContext, Tool } from '../../src/core/contract/tool.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { expectText } from '../../src/host/group/wire.ts';
import { toRuntimeCaller } from '../../src/host/node/runtime.ts';
import { pythonFacts } from '../../src/host/python/facts.ts';
import { toAdminDetails } from './admin.ts';
import type { ScaiWaveReport, ScaiWaveTool } from './report.ts';

/** Arguments of `toOffer`. */
export interface OfferInput {
  /** The plugin's id in the gateway. */
  readonly id: string;
  readonly member: Member;
  readonly report: ScaiWaveReport;
  /** Permissions that the configuration grants. */
  readonly granted: readonly string[];
  /** Whether tools without granted permissions are hidden. */
  readonly hideUngranted: boolean;
}

/** Permissions to contact external services. */
const OUTSIDE = ['external_http', 'search'];

/** Builds the offer from the plugin's report. */
export function toOffer(input: OfferInput): Offer {
  const { member, report } = input;
  const declared = report.tools.filter((tool) => !input.hideUngranted || missing(tool, input).length === 0);
  return {
    ...emptyOffer,
    version: report.version,
    tools: [...declared.map((tool) => toTool(tool, input)), ...report.dynamic.map((tool) => toTool(tool, input))],
    prompts: declared.filter((tool) => tool.usage).map((tool) => toPrompt(tool, input)),
    ...(report.injectsContext ? { instructions: report.instructions, compose: composer(member) } : {}),
    problems: [...report.problems, ...unselected(report)],
    facts: {
      manifest: report.id,
      name: report.name,
      version: report.version,
      description: report.description,
      injectsContext: report.injectsContext,
      permissions: [...report.permissions],
      granted: input.granted.filter((p) => report.permissions.includes(p)),
      ...(report.scope === null ? {} : { scope: report.scope }),
      ...pythonFacts(report),
      ...(report.standins.length > 0 ? { standins: [...report.standins] } : {}),
    },
    adminDetails: toAdminDetails(report, input.granted),
  };
}

function composer(member: Member): NonNullable<Offer['compose']> {
  return async (ctx) =>
    expectText(
      await member.request('context', { caller: { ...toRuntimeCaller(ctx) } as unknown as JsonObject }),
      'its text for the prompt',
    );
}

function missing({ permissions }: ScaiWaveTool, { report, granted }: OfferInput): string[] {
  return (permissions ?? report.permissions).filter((permission) => !granted.includes(permission));
}

function toTool(tool: ScaiWaveTool, input: OfferInput): Tool {
  const { member, report } = input;
  const { name, usage, permissions = report.permissions } = tool;
  const key = `tool:${name}`;
  return {
    name,
    title: `${report.name}: ${name}`,
    description: usage ? `${tool.description}\nUsage: ${usage}`.trim() : tool.description,
    input: tool.input,
    ...effectsOf(tool, permissions),
    meta: {
      scaiwave: {
        plugin: report.id,
        version: report.version,
        permissions: [...permissions],
        ...(report.scope === null ? {} : { scope: report.scope }),
        ...(usage ? { usage } : {}),
        ...(tool.sideEffects === undefined ? { dynamic: true } : {}),
      },
    },
    ...(tool.sideEffects === undefined ? { dynamic: true } : {}),
    ...(tool.sessions ? { shownTo: (session: string) => tool.sessions?.includes(session) === true } : {}),
    exactNumbers: true,
    async call(args, ctx) {
      const refused = refusal(tool, input, ctx);
      return refused === undefined ? member.call(key, args, ctx) : errorResult(refused);
    },
  };
}

// Why a caller may not run a tool; undefined if it may.
function refusal(tool: ScaiWaveTool, input: OfferInput, { caller }: CallContext): string | undefined {
  const lacking = missing(tool, input);
  if (lacking.length > 0) {
    return `The tool ${tool.name} was not run: it requires ${lacking.join(', ')}, which is not granted. To grant it, set in mcp.json: "plugins": { "${input.id}": { "grant": ${JSON.stringify(lacking)} } }.`;
  }
  if (input.report.scope === 'private' && caller.anonymous === true) {
    return `The tool ${tool.name} was not run: it works on its caller's private data, and anonymous callers share one identity. Use a token ("auth" in mcp.json) or stdio.`;
  }
  return undefined;
}

// Declared by the author. Nothing is declared for dynamic tools.
function effectsOf({ sideEffects }: ScaiWaveTool, permissions: readonly string[]): Pick<Tool, 'approval' | 'hints'> {
  const outside = permissions.some((permission) => OUTSIDE.includes(permission)) ? { openWorld: true } : {};
  if (sideEffects === undefined) return { approval: 'client', hints: outside };
  return { approval: sideEffects ? 'required' : 'auto', hints: { destructive: sideEffects, readOnly: !sideEffects, ...outside } };
}

/** A tool as a prompt: the typed text is passed to the plugin unchanged. */
function toPrompt(tool: ScaiWaveTool, input: OfferInput): Prompt {
  const { name, usage, description } = tool;
  return {
    name,
    description: `${description}\nUsage: ${usage}`.trim(),
    arguments: [{ name: 'text', description: `The text to type, as in ${usage}`, required: false }],
    runs: name,
    async get({ text = '' }, ctx) {
      const refused = refusal(tool, input, ctx);
      if (refused !== undefined) throw new GatewayError('DENIED', refused);
      const { content } = await input.member.call(`usage:${name}`, { text }, ctx);
      return { description, messages: content.map((block) => ({ role: 'user', content: block })) };
    },
  };
}

function unselected({ served, others }: ScaiWaveReport): Problem[] {
  if (others.length === 0) return [];
  const fix = `Select the plugins to serve: "allow": ${JSON.stringify([...served, ...others])}.`;
  return [{ message: `The source also contains ${others.join(', ')}.`, fix }];
}
