import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { Config } from '../../config/config.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { DEFAULT_PROFILE, localCaller } from '../../core/contract/caller.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import type { VisibleTool } from '../../gateway/view/visible-tool.ts';
import type { PluginStatus } from '../../registry/plugin-status.ts';
import type { SettingsView } from '../../registry/settings/read-settings.ts';
import { type CommonOptions, openSession, UsageError, unknownPlugin, withListed } from '../context.ts';
import { columns, printMasked } from '../print.ts';
import { settingLines } from '../setting-lines.ts';

/** `plugmux info`: shows one plugin or tool in detail. Starts the plugins and waits up to `firstListMs` for them. */
export function addInfo(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('info')
    .description('show a plugin or one of its tools')
    .argument('<plugin>', "the plugin's id")
    .argument('[tool]', "the tool's public or own name")
    .option('--profile <name>', 'as this profile sees it', DEFAULT_PROFILE)
    .option('--json', 'print JSON')
    .action(async (id: string, tool: string | undefined, options: CommonOptions & { profile: string }) => {
      const session = openSession(options, adapters, { here: true, quiet: true });
      await withListed(session, options.profile, async (app) => {
        const plugin = findPlugin(app, id);
        const data =
          tool === undefined
            ? describePlugin(app, plugin, options.profile, await app.settings.read(plugin.id))
            : describeTool(app, plugin, tool, options.profile, session.config);
        printMasked(data, options.json, () =>
          columns(Object.entries(data).flatMap(([key, value]) => (isEmpty(value) ? [] : rowsOf(key, show(key, value))))),
        );
      });
    });
}

function findPlugin(app: App, id: string): PluginStatus {
  const plugins = app.registry.plugins();
  const plugin = plugins.find((p) => p.id === id) ?? plugins.find((p) => p.alias === id);
  if (plugin) return plugin;
  throw unknownPlugin(
    id,
    plugins.map((p) => p.id),
    app.config(),
  );
}

function toolsOf(app: App, plugin: PluginStatus, profile: string) {
  return [...app.gateway.view(localCaller(profile)).tools.values()].filter(({ entry }) => entry.plugin.id === plugin.id);
}

function describePlugin(app: App, plugin: PluginStatus, profile: string, declared: SettingsView | undefined): Record<string, unknown> {
  const {
    error,
    problems,
    quarantined,
    triggers,
    facts,
    adminDetails: _,
    settings: __,
    settingsAt: ___,
    adapter,
    parent,
    ...rest
  } = plugin;
  const tools = toolsOf(app, plugin, profile);
  return {
    ...rest,
    plugin: parent?.id,
    format: adapter,
    ...facts,
    error: error?.toObject(),
    tools: tools.map(({ entry }) => entry.name),
    ...skillsOf(app, plugin, profile),
    // What clients do not receive of each tool; `info <plugin> <tool>` shows the original.
    untold: tools.flatMap((tool) => untold(tool).map((loss) => `${tool.entry.name}: ${loss}`)),
    // What it brings: servers with their states.
    servers: app.registry
      .plugins()
      .filter((other) => other.parent?.id === plugin.id)
      .map(({ id, state, error: why }) => (why === undefined ? `${id}: ${state}` : `${id}: ${state}, ${why.message}`)),
    triggers: triggers.map((t) => t.id),
    settings: declared?.settings,
    problems: [
      ...problems.map(({ subject, message }) => (subject === undefined ? message : `${subject}: ${message}`)),
      ...quarantined.map((q) => `${q.tool}: ${q.reason}`),
      ...(declared?.problems ?? []),
    ],
  };
}

// What the authors declare stands here only; it grants nothing.
function skillsOf(app: App, plugin: PluginStatus, profile: string): { skills?: string[] } {
  const skills = [...app.gateway.view(localCaller(profile)).skills.byName.values()].filter((entry) => entry.plugin.id === plugin.id);
  if (skills.length === 0) return {};
  return {
    skills: skills.map(({ name, skill: { allowedTools, compatibility, frontMatter, forModels } }) =>
      [
        name,
        ...(frontMatter === undefined ? ['not listed for clients, which could not verify it'] : []),
        ...(forModels ? [] : ['for users only']),
        ...(allowedTools === undefined ? [] : [`allowed-tools: ${allowedTools}`]),
        ...(compatibility === undefined ? [] : [`compatibility: ${compatibility}`]),
      ].join('; '),
    ),
  };
}

function describeTool(app: App, plugin: PluginStatus, name: string, profile: string, config: Config): Record<string, unknown> {
  const tools = toolsOf(app, plugin, profile);
  const found = tools.find(({ entry }) => [entry.name, entry.tool.name, entry.tool.native].includes(name));
  if (!found) {
    const names = tools.map(({ entry }) => entry.name);
    throw new UsageError(
      `Plugin ${plugin.id} has no tool "${name}".`,
      didYouMean(name, [...names, ...tools.map(({ entry }) => entry.tool.name)]).trim() || `It has: ${names.join(', ') || 'none'}.`,
    );
  }
  const { entry, approval, hints, timeoutMs, schemas, shape } = found;
  return {
    name: entry.name,
    own: entry.tool.name,
    title: entry.tool.title,
    description: entry.description,
    approval,
    hints,
    labels: entry.tool.labels,
    timeoutMs,
    timeoutFrom: timeSource(found, config),
    schemas,
    input: shape.input,
    original: shape.input === entry.input ? undefined : entry.input,
    untold: untold(found),
    unchecked: entry.unchecked,
    output: entry.output,
    maxChars: entry.tool.maxChars,
    untrusted: entry.tool.untrusted,
    cachedMs: entry.tool.cache?.ttlMs,
  };
}

// The place where the operator can change the time limit.
function timeSource({ entry, timeFrom }: VisibleTool, config: Config): string {
  const { id, adapter } = entry.plugin;
  switch (timeFrom) {
    case 'plugin':
      return config.at('plugins', id, 'limits', 'callTimeoutMs');
    case 'tool':
      return 'the tool itself';
    case 'file':
      return config.at('limits', 'callTimeoutMs');
    case 'format':
      return `the default of ${adapter}`;
    case 'default':
      return 'default';
  }
}

/** Several clients cut descriptions here without notice. */
const MAX_DESCRIPTION_LENGTH = 2_048;

function untold({ entry, shape }: VisibleTool): string[] {
  const { length } = entry.description;
  const long =
    length > MAX_DESCRIPTION_LENGTH ? [`its description has ${length} characters; some clients cut it at ${MAX_DESCRIPTION_LENGTH}`] : [];
  return [...long, ...shape.losses];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function show(key: string, value: unknown): string {
  if (key === 'settings') return settingLines(value as SettingsView['settings']).join('\n');
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join('\n');
  return toJsonText(value);
}

// Further lines of a value stay in its column.
function rowsOf(key: string, text: string): string[][] {
  return text.split('\n').map((line, i) => [i === 0 ? key : '', line]);
}
