import { UsageError } from '../context.ts';
import { byHand, type Exporter } from './exporter.ts';

/** Claude Desktop: its list of servers. It starts the servers itself. */
export const exportClaudeDesktop: Exporter = (source) => {
  const { name, server } = source;
  if ('url' in server) throw new UsageError("Claude Desktop's file names programs to start, not addresses.", 'Leave --http out.');
  return [
    {
      file: 'claude_desktop_config.json',
      note: 'Merge this into the file and restart Claude Desktop.',
      content: { mcpServers: { [name]: server } },
    },
    ...byHand(source, 'Claude Desktop keeps its allow-list itself: choose "Always allow" when it first asks.'),
  ];
};
