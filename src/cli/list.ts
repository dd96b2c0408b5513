import type { Command } from 'commander';
import type { Adapter } from '../core/adapter.ts';
import { DEFAULT_PROFILE, localCaller } from '../core/caller.ts';
import { shorten } from '../core/text.ts';
import { type CommonOptions, openSession } from './context.ts';
import { columns, print } from './print.ts';

/** `plugmux list`: plugins and their tools. Starts only those whose tools are not known otherwise. */
export function addList(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('list')
    .description('list the plugins and their tools')
    .option('--profile <name>', 'as this profile sees them', DEFAULT_PROFILE)
    .option('--json', 'print JSON')
    .action(async (options: CommonOptions & { profile: string }) => {
      const session = openSession(options, adapters, {
        here: true,
        quiet: true,
      });
      const app = await session.open();
      await app.gateway.listed();
      const { tools } = app.gateway.view(localCaller(options.profile));
      const plugins = app.registry.plugins().map((plugin) => ({
        id: plugin.id,
        format: plugin.adapter,
        version: plugin.version,
        state: plugin.state,
        error: plugin.error?.message,
        needs: plugin.needs,
        tools: [...tools.values()]
          .filter(({ entry }) => entry.plugin.id === plugin.id)
          .map(({ entry, approval }) => ({
            name: entry.name,
            description: entry.description,
            approval,
          })),
      }));
      await app.close();
      print(plugins, options.json, () => {
        if (plugins.length === 0) return 'No plugins. Add one under "plugins" or "pluginFolders" in mcp.json.';
        return plugins
          .map((plugin) => {
            const why = plugin.error ?? (plugin.needs.length > 0 ? `set ${plugin.needs.join(', ')}` : '');
            const head = [plugin.id, plugin.format, plugin.version, plugin.state, why]
              .filter((part) => part !== undefined && part !== '')
              .join('  ');
            return [head, columns(plugin.tools.map((tool) => ['', tool.name, shorten(tool.description.split('\n')[0] as string, 80)]))]
              .join('\n')
              .trimEnd();
          })
          .join('\n\n');
      });
    });
}
