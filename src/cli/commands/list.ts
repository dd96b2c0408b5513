import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { DEFAULT_PROFILE, localCaller } from '../../core/contract/caller.ts';
import { escapeForTerminal, shorten } from '../../core/text/text.ts';
import { hasFailed } from '../../registry/plugin-status.ts';
import { type CommonOptions, openSession, withListed } from '../context.ts';
import { columns, printMasked } from '../print.ts';

/** `plugmux list`: plugins and their tools. Starts the plugins to show their real state, and waits up to `firstListMs` for them. */
export function addList(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('list')
    .description('list the plugins and their tools')
    .option('--profile <name>', 'as this profile sees them', DEFAULT_PROFILE)
    .option('--json', 'print JSON')
    .action(async (options: CommonOptions & { profile: string }) => {
      const session = openSession(options, adapters, { here: true, quiet: true });
      await withListed(session, options.profile, (app) => {
        const plugins = describe(app, options.profile);
        const notes = session.config.warnings.map((warning) => `note: ${warning}`);
        printMasked(plugins, options.json, () => [toText(plugins), ...notes].join('\n\n'));
        // JSON on stdout holds plugins only.
        if (options.json) for (const note of notes) process.stderr.write(`${escapeForTerminal(session.redactor.text(note))}\n`);
        // A wrong entry is listed with its cause; a plugin that cannot start fails the command.
        if (app.registry.plugins().some((plugin) => hasFailed(plugin) && plugin.error?.code === 'HANDSHAKE_FAILED')) process.exitCode = 1;
      });
    });
}

type Listed = ReturnType<typeof describe>[number];

function describe(app: App, profile: string) {
  const { tools, skills } = app.gateway.view(localCaller(profile));
  return app.registry.plugins().map((plugin) => ({
    id: plugin.id,
    plugin: plugin.parent?.id,
    format: plugin.adapter,
    version: plugin.version,
    state: plugin.state,
    error: plugin.error?.message,
    fix: plugin.error?.fix,
    needs: plugin.needs,
    tools: [...tools.values()]
      .filter(({ entry }) => entry.plugin.id === plugin.id)
      .map(({ entry, approval }) => ({
        name: entry.name,
        description: entry.description,
        approval,
      })),
    skills: [...skills.byName.values()]
      .filter((entry) => entry.plugin.id === plugin.id)
      .map(({ name, skill }) => ({ name, description: skill.description ?? '' })),
  }));
}

function toText(plugins: readonly Listed[]): string {
  if (plugins.length === 0) return 'No plugins. Add one under "plugins" or "pluginFolders" in mcp.json.';
  const depthOf = ({ plugin }: Listed): number =>
    plugin === undefined ? 0 : 1 + depthOf(plugins.find(({ id }) => id === plugin) as Listed);
  return plugins
    .map((plugin) => {
      const head = [plugin.id, plugin.format, plugin.version, plugin.state, whyOf(plugin)].filter(
        (part) => part !== undefined && part !== '',
      );
      const fix = plugin.state === 'ready' || plugin.fix === undefined ? [] : [`  -> ${plugin.fix}`];
      const tools = plugin.tools.map((tool) => ['', tool.name, shorten(tool.description.split('\n')[0] as string, 80)]);
      const skills = plugin.skills.map(({ name, description }) => ['', `skill ${name}`, shorten(description.split('\n')[0] as string, 80)]);
      const text = [head.join('  '), ...fix, columns([...tools, ...skills])].join('\n').trimEnd();
      // What a plugin brings stands below it.
      return text.replace(/^(?=.)/gm, '  '.repeat(depthOf(plugin)));
    })
    .join('\n\n');
}

function whyOf({ state, error, needs, tools }: Listed): string | undefined {
  if (error !== undefined) return error;
  if (needs.length > 0) return `set ${needs.join(', ')}`;
  return state === 'opening' && tools.length === 0 ? 'still starting, tools not known yet; `plugmux doctor` waits for them' : undefined;
}
