import type { VNode } from 'preact';
import { ApprovalsScreen } from './approvals/approvals.tsx';
import { PluginScreen } from './plugins/plugin.tsx';
import { PluginsScreen } from './plugins/plugins.tsx';
import { SettingsScreen } from './plugins/settings.tsx';
import { PromptsScreen } from './tools/prompts.tsx';
import { ToolScreen } from './tools/tool.tsx';
import { ToolsScreen } from './tools/tools.tsx';
import { CallScreen } from './watch/call.tsx';
import { CallsScreen } from './watch/calls.tsx';
import { ChangesScreen } from './watch/changes.tsx';
import { ClientsScreen } from './watch/clients.tsx';
import { ConnectScreen } from './watch/connect.tsx';
import { LogsScreen } from './watch/logs.tsx';
import { MapScreen } from './watch/map.tsx';

type Show = (part: string) => VNode;

/** Every screen but the overview, by address; `:` stands for any part. They are one file, which the first navigation loads. */
export const MORE: readonly (readonly [pattern: string, show: Show])[] = [
  ['plugins', () => <PluginsScreen />],
  ['plugins/:', (id) => <PluginScreen key={id} id={id} />],
  ['plugins/:/settings', (id) => <SettingsScreen key={id} id={id} />],
  ['tools', () => <ToolsScreen />],
  ['tools/:', (name) => <ToolScreen key={name} name={name} />],
  ['prompts', () => <PromptsScreen />],
  ['calls', () => <CallsScreen />],
  ['calls/:', (seq) => <CallScreen key={seq} seq={seq} />],
  ['approvals', () => <ApprovalsScreen />],
  ['logs', () => <LogsScreen />],
  ['clients', () => <ClientsScreen />],
  ['connect', () => <ConnectScreen />],
  ['changes', () => <ChangesScreen />],
  ['map', () => <MapScreen />],
];
