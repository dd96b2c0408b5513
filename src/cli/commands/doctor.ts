import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { Config } from '../../config/config.ts';
import { findInsecure } from '../../config/permissions.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { DEFAULT_PROFILE, localCaller } from '../../core/contract/caller.ts';
import type { Problem } from '../../core/contract/plugin.ts';
import { unusedHints } from '../../gateway/view/unused-hints.ts';
import { unrecognizedFolders } from '../../registry/discovery/sources.ts';
import { missingSetting } from '../../registry/missing-setting.ts';
import { hasFailed, type PluginStatus } from '../../registry/plugin-status.ts';
import { type CommonOptions, openSession, withApp } from '../context.ts';
import { printMasked, showProgress } from '../print.ts';
import { describeProxies } from '../proxy-line.ts';

interface Diagnosis {
  readonly id: string;
  readonly plugin: string | undefined;
  readonly format: string | undefined;
  readonly origin: string;
  readonly state: PluginStatus['state'];
  readonly facts: PluginStatus['facts'];
  readonly faults: readonly Fault[];
}

interface Fault {
  readonly code?: string | undefined;
  readonly subject?: string | undefined;
  readonly message: string;
  readonly fix?: string | undefined;
  readonly command?: string | undefined;
}

/** `plugmux doctor`: starts every plugin and reports problems with their fixes. */
export function addDoctor(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('doctor')
    .description('start every plugin and report problems and fixes')
    .option('--auth', 'check instead what clients find that log in through an authorization server')
    .option('--json', 'print JSON')
    .action(async (options: CommonOptions & { readonly auth?: boolean }) => {
      const session = openSession(options, adapters, { here: true, quiet: true });
      if (options.auth) return reportAuth(session.config, options.json);
      const { plugins, notes, isFailure } = await withApp(session, { acceptDamage: true }, (app) => examine(app, session.config));
      const { file } = session.config;
      const proxy = describeProxies(session.config, process.env);
      printMasked({ config: file, proxy, plugins, notes }, options.json, () =>
        toText(plugins, notes, `configuration: ${file ?? 'none'}\nproxy: ${proxy}`),
      );
      if (isFailure) process.exitCode = 1;
    });
}

async function reportAuth(config: Config, json: boolean | undefined): Promise<void> {
  const [{ authText, checkAuth }, { createFetchJson }] = await Promise.all([import('./doctor-auth.ts'), import('../fetch-json.ts')]);
  const report = await checkAuth(
    config,
    createFetchJson(() => config.proxy),
  );
  printMasked(report, json, () => authText(report));
  if (report.checks.some(({ isOk }) => !isOk)) process.exitCode = 1;
}

async function examine(app: App, config: Config) {
  const done = showProgress('starting the plugins');
  await app.registry.start().finally(done);
  const checked = await app.registry.check();
  const all = app.registry.plugins();
  const plugins = all.map((plugin) => diagnose(plugin, checked.get(plugin.id) ?? []));
  // A rule counts as unused only after the views of all profiles have been built.
  for (const profile of [DEFAULT_PROFILE, ...config.profiles.keys()]) app.gateway.view(localCaller(profile));
  const insecure = await findInsecure(
    config,
    all.map(({ origin }) => origin),
  );
  const notes = [
    ...config.warnings,
    ...insecure.map(({ message, fix }) => `INSECURE_PERMISSIONS: ${message} ${fix}`),
    ...app
      .policy()
      .unused()
      .map((rule) => `the rule ${rule} matches nothing`),
    ...unusedHints(config, app.registry).map((rule) => `the rule ${rule} matches nothing`),
    ...unrecognizedFolders(
      config,
      plugins.map(({ origin }) => origin),
    ),
  ];
  const names = [...app.registry.catalogue().collisions].map(
    ([name, parties]) => `the tool name "${name}" is claimed by ${parties.join(' and ')}`,
  );
  return { plugins, notes: [...notes, ...names], isFailure: all.some((plugin) => hasFailed(plugin) || isHeldBack(plugin)) };
}

// Rejected plugins and those that did not start in time count as failures; a missing setting does not.
function isHeldBack({ state, error }: PluginStatus): boolean {
  return error !== undefined && ['needs-config', 'disabled', 'opening'].includes(state);
}

function diagnose(plugin: PluginStatus, checked: readonly Problem[]): Diagnosis {
  const { error, needs, problems, quarantined, settings } = plugin;
  const missing = needs.map((key) => missingSetting(plugin.id, key, settings));
  return {
    id: plugin.id,
    plugin: plugin.parent?.id,
    format: plugin.adapter,
    origin: plugin.origin,
    state: plugin.state,
    facts: plugin.facts,
    faults: [
      ...(error && plugin.state !== 'ready' ? [{ code: error.code, message: error.message, fix: error.fix }] : []),
      ...missing,
      ...checked,
      ...quarantined.map(({ tool, code, reason }) => ({
        code,
        subject: tool,
        message: reason,
      })),
      ...problems,
    ],
  };
}

const MARKS: Readonly<Partial<Record<PluginStatus['state'], string>>> = {
  ready: 'ok',
  'needs-config': 'todo',
  failed: 'FAILED',
  disabled: 'off',
  opening: 'starting',
};

function toText(plugins: readonly Diagnosis[], notes: readonly string[], head: string): string {
  const lines = [head, ''];
  for (const { id, format, origin, state, facts, faults } of plugins) {
    const how = ['dialect', 'shape'].flatMap((key) => (typeof facts[key] === 'string' ? [`, ${key} ${facts[key]}`] : [])).join('');
    lines.push(`${(MARKS[state] ?? state).padEnd(7)} ${id}  (${format ?? 'no format'}${how})  ${origin}`);
    for (const { subject, message, fix, command } of faults) {
      lines.push(`          ${subject === undefined ? '' : `${subject}: `}${message}`);
      if (fix !== undefined) lines.push(`          -> ${fix}`);
      if (command !== undefined) lines.push(`          -> or run: ${command}`);
    }
  }
  if (plugins.length === 0) lines.push('No plugins were found. Add one under "plugins" or "pluginFolders".');
  for (const note of notes) lines.push('', `note: ${note}`);
  return lines.join('\n');
}
