import { byHand, type Exporter } from '../exporter.ts';

/** Claude Desktop: its list of servers. It starts the servers itself, so for an address there is only a note. */
export const exportClaudeDesktop: Exporter = (source) => {
  const { name, server } = source;
  if ('url' in server) return [{ note: "Claude Desktop's file names programs to start, not addresses: let it start the gateway." }];
  return [
    {
      file: 'claude_desktop_config.json',
      note: 'Merge this into the file and restart Claude Desktop.',
      content: { mcpServers: { [name]: server } },
    },
    ...byHand(source, 'Claude Desktop keeps its allow-list itself: choose "Always allow" when it first asks.'),
  ];
};
