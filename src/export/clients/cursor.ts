import { autoTools, type Exporter } from '../exporter.ts';

/** Cursor: its list of servers, and the list of tools that run without asking. */
export const exportCursor: Exporter = (source) => {
  const { name, server } = source;
  const entry =
    'url' in server
      ? { url: server.url, ...(server.tokenFrom ? { headers: { Authorization: `Bearer \${env:${server.tokenFrom}}` } } : {}) }
      : server;
  const mcpAllowlist = autoTools(source).map((tool) => `${name}:${tool}`);
  return [
    { file: '~/.cursor/mcp.json', note: 'Merge this into the file.', content: { mcpServers: { [name]: entry } } },
    ...(mcpAllowlist.length > 0
      ? [
          {
            file: '~/.cursor/permissions.json',
            note: 'Merge this into the file. Its list replaces the one in the settings of Cursor: put those tools here as well.',
            content: { mcpAllowlist },
          },
        ]
      : []),
  ];
};
