import type { Middleware } from '../../../src/core/contract/middleware.ts';
import { emptyOffer, type Offer, type Problem } from '../../../src/core/contract/plugin.ts';
import type { Resource } from '../../../src/core/contract/resource.ts';
import type { Skill } from '../../../src/core/contract/skill.ts';
import type { CallContext, Tool } from '../../../src/core/contract/tool.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { CALL_TIMEOUT_MS, type EthosManifest } from '../manifest.ts';
import { toProblems } from '../read/source-scan.ts';
import { COMMAND_PREFIX, type EthosReport, RESULT_BUDGET, type ToolReport } from '../report.ts';
import { toProfile } from './profiles.ts';
import { type AskText, commandPrompts } from './prompts.ts';
import { reportResource } from './report-resource.ts';
import { skillPrompts } from './skills.ts';

/** Functions and data that an offer is built from, besides the report. */
export interface OfferParts {
  readonly manifest: EthosManifest;
  readonly needs: readonly string[];
  readonly call: (name: string) => Tool['call'];
  readonly compose: (ctx: CallContext) => Promise<string>;
  readonly command: AskText;
  /** The tool's cache key for these arguments; undefined if it defines none. */
  readonly cacheKey: (tool: string, args: JsonObject) => Promise<string | undefined>;
  readonly middleware: Middleware | undefined;
  /** Resources with the notices of monitors. */
  readonly notices: readonly Resource[];
  readonly skills: readonly Skill[];
  readonly problems: readonly Problem[];
}

/** Builds the offer from the plugin's last report. */
export function toOffer(report: EthosReport | undefined, parts: OfferParts): Offer {
  const { manifest, needs, middleware, compose } = parts;
  const { id, found } = manifest;
  const problems = [...parts.problems, ...found.package.problems, ...toProblems(found.scan.findings), ...settingsProblems(manifest)];
  if (report === undefined) return { ...emptyOffer, needs, problems };
  const usable = needs.length === 0;
  const facts = factsOf(report);
  const all = [...problems, ...reported(report)];
  // A command and a skill of the same name would be the same prompt twice.
  const skills = parts.skills.filter(({ name }) => !report.commands.some((command) => command.name === name));
  const text =
    report.instructions.trim() === '' ? 'These instructions change over time: read them when you need them.' : report.instructions;
  return {
    ...emptyOffer,
    tools: usable
      ? [...report.tools.filter((tool) => tool.available).map((tool) => toTool(tool, parts)), ...commandTools(report, parts)]
      : [],
    prompts: usable ? [...commandPrompts(id, report.commands, parts.command), ...skillPrompts(id, skills)] : [],
    resources: [reportResource(id, found.package.contract, facts, all), ...parts.notices],
    ...(usable && parts.skills.length > 0 ? { skills: parts.skills } : {}),
    profiles: report.personalities.map((personality) => toProfile(personality, found.folder, manifest.source.entry.cwd)),
    ...(usable && report.injects ? { instructions: text, compose } : {}),
    ...(middleware ? { middleware } : {}),
    triggers: report.monitors.map(({ name }) => ({ id: name, title: name })),
    needs,
    problems: all,
    facts,
  };
}

function toTool(tool: ToolReport, { manifest, call, cacheKey }: OfferParts): Tool {
  const { name, toolset } = tool;
  return {
    name,
    title: `${manifest.id}: ${name}`,
    aliases: [`${manifest.found.pluginId}_${name}`],
    description: tool.description,
    input: tool.schema,
    ...(manifest.source.entry.options.publishOutput === true && tool.outputSchema ? { output: tool.outputSchema } : {}),
    ...hintsOf(tool),
    approval: tool.requiresApproval ? 'required' : 'client',
    labels: toolset === undefined ? [] : [`toolset:${toolset}`],
    meta: { ...(toolset === undefined ? {} : { toolset }), ...(tool.returnDirect ? { returnDirect: true } : {}) },
    usualTimeoutMs: CALL_TIMEOUT_MS,
    maxChars: Math.min(RESULT_BUDGET, tool.maxResultChars ?? RESULT_BUDGET),
    ...(tool.untrusted ? { untrusted: true } : {}),
    ...(tool.cache ? { cache: { ttlMs: tool.cache.ttlMs, ...(tool.cache.keyed ? { key: (args) => cacheKey(name, args) } : {}) } } : {}),
    call: call(name),
  };
}

// Off by default, because commands that run code are meant for users to start.
function commandTools({ commands }: EthosReport, { manifest, call }: OfferParts): Tool[] {
  if (manifest.source.entry.options.commandTools !== true) return [];
  return commands
    .filter(({ kind }) => kind === 'run')
    .map(({ name, description, hint }) => ({
      name: COMMAND_PREFIX + name,
      title: `${manifest.id}: /${name}`,
      native: `${manifest.id}_${COMMAND_PREFIX}${name}`,
      description,
      input: { type: 'object', properties: { arguments: { type: 'string', description: hint ?? 'Arguments of the command.' } } },
      approval: 'client',
      usualTimeoutMs: CALL_TIMEOUT_MS,
      call: call(COMMAND_PREFIX + name),
    }));
}

function hintsOf({ requiresApproval, network }: ToolReport): Pick<Tool, 'hints'> {
  if (!requiresApproval && !network) return {};
  return { hints: { ...(requiresApproval ? { destructive: true } : {}), ...(network ? { openWorld: true } : {}) } };
}

function settingsProblems({ source, id }: EthosManifest): Problem[] {
  const keys = Object.keys(source.entry.settings);
  if (keys.length === 0) return [];
  return [
    {
      code: 'CONFIG_INVALID',
      subject: 'settings',
      message: `Ethos plugins do not read "settings" (found: ${keys.join(', ')}).`,
      fix: `Put them under "plugins.${id}.env" or "credentials", as the plugin's documentation says.`,
    },
  ];
}

function reported({ unsupported, warnings, monitors, tools }: EthosReport): Problem[] {
  const hidden = tools.filter((tool) => !tool.available).map((tool) => tool.name);
  const crashed = monitors.filter((m) => m.state === 'crashed');
  return [
    ...(unsupported.length > 0
      ? [{ subject: 'not supported', message: `It registered unsupported features: ${unsupported.join('; ')}.` }]
      : []),
    ...warnings.map((message) => ({ message })),
    ...hidden.map((name) => ({
      subject: name,
      message: `The tool "${name}" reports that it is unavailable; it is hidden until it is available.`,
    })),
    ...crashed.map(({ name, error }) => ({
      code: 'PLUGIN_FAILED' as const,
      subject: name,
      message: `The monitor "${name}" failed: ${error}.`,
    })),
  ];
}

function factsOf({ shape, hooks, filters, monitors, healthChecks, commands, metrics }: EthosReport): JsonObject {
  const facts: JsonObject = { shape };
  if (hooks.length > 0) facts.hooks = [...hooks];
  if (filters.length > 0) facts.filters = filters.length;
  if (monitors.length > 0) facts.monitors = monitors.map(({ name, state }) => `${name} (${state})`);
  if (healthChecks.length > 0) facts.healthChecks = [...healthChecks];
  if (Object.keys(metrics).length > 0) facts.metrics = { ...metrics };
  if (commands.length > 0) facts.commands = commands.map(({ name, kind }) => `${name} (${kind})`);
  return facts;
}
