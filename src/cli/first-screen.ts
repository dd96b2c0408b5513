import type { App } from '../app.ts';
import { shorten } from '../core/text/text.ts';
import type { PluginStatus } from '../registry/plugin-status.ts';
import { columns } from './print.ts';

const MAX_CAUSE_LENGTH = 120;

/** The number of tools and plugins served, and a table of all plugins. A plugin that is not ready has its fix on the next line. */
export function firstScreen({ registry }: Pick<App, 'registry'>): string[] {
  const plugins = registry.plugins();
  const counts = new Map<string, number>();
  for (const { plugin } of registry.catalogue().tools.values()) counts.set(plugin.id, (counts.get(plugin.id) ?? 0) + 1);
  const tools = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const rows = [
    ['plugin', 'format', 'tools', 'state'],
    ...plugins.map(({ id, adapter = '', state }) => [id, adapter, String(counts.get(id) ?? 0).padStart(5), state]),
  ];
  const [head = '', ...lines] = columns(rows).split('\n');
  return [
    `plugmux serves ${tools} tools of ${counts.size} plugins`,
    ...(plugins.length === 0 ? [] : ['', head]),
    ...plugins.flatMap((plugin, at) => [lines[at] as string, ...below(plugin, registry.config(plugin.id)?.enabled === false)]),
  ];
}

function below(plugin: PluginStatus, isOff: boolean): string[] {
  const { state, withheld } = plugin;
  const advice = state === 'ready' ? withheld : adviceOn(plugin, isOff);
  return advice === undefined ? [] : [`  ${advice}`];
}

// One line, even if the cause has several.
function adviceOn({ id, state, error, needs }: PluginStatus, isOff: boolean): string {
  if (error) return `${shorten(error.message.split('\n')[0] as string, MAX_CAUSE_LENGTH)} -> ${error.fix.split('\n')[0]}`;
  if (needs.length > 0) {
    const keys = needs.map((key) => `"${key}": "\${env:NAME}"`).join(', ');
    return `It needs ${needs.join(', ')} -> Set "plugins": { "${id}": { "credentials": { ${keys} } } } in mcp.json.`;
  }
  if (state === 'disabled') return `It is disabled -> plugmux enable ${id}${isOff ? ' --in-file' : ''}`;
  return 'It is still starting and is served once it is ready -> `plugmux doctor` waits for it and reports why it fails.';
}
