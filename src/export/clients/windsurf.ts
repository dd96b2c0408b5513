import { byHand, type Exporter } from '../exporter.ts';

/** Windsurf: its list of servers. */
export const exportWindsurf: Exporter = (source) => {
  const { name, server } = source;
  const entry =
    'url' in server
      ? { serverUrl: server.url, ...(server.tokenFrom ? { headers: { Authorization: `Bearer \${env:${server.tokenFrom}}` } } : {}) }
      : server;
  return [
    {
      file: '~/.codeium/windsurf/mcp_config.json',
      note: 'Merge this into the file and refresh the list of servers. In an Enterprise plan, enable MCP in the settings first.',
      content: { mcpServers: { [name]: entry } },
    },
    ...byHand(source, 'Windsurf keeps its allow-list itself.'),
  ];
};
