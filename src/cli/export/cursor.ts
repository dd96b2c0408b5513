import { autoTools, type Exporter } from './exporter.ts';

/** Cursor: its list of servers, and the list of tools that run by themselves. */
export const exportCursor: Exporter = (source) => {
  const { name, server } = source;
  const entry =
    'url' in server
      ? { url: server.url, ...(server.tokenFrom ? { headers: { Authorization: `Bearer \${env:${server.tokenFrom}}` } } : {}) }
      : server;
  const mcpAllowlist = autoTools(source).map((tool) => `${name}:${tool}`);
  return [
    { file: '~/.cursor/mcp.json', content: { mcpServers: { [name]: entry } } },
    ...(mcpAllowlist.length > 0 ? [{ file: '~/.cursor/permissions.json', content: { mcpAllowlist } }] : []),
  ];
};
