import { autoTools, type Exporter } from '../exporter.ts';

/** Cline: its list of servers, each with the tools that run without asking. */
export const exportCline: Exporter = (source) => {
  const { name, server } = source;
  const entry =
    'url' in server
      ? {
          type: 'streamableHttp',
          url: server.url,
          ...(server.tokenFrom ? { headers: { Authorization: `Bearer \${env:${server.tokenFrom}}` } } : {}),
        }
      : { type: 'stdio', ...server };
  const autoApprove = autoTools(source);
  return [
    {
      file: '~/.cline/data/settings/cline_mcp_settings.json',
      note:
        'Merge this into the file; in the extension "MCP Servers > Configure > Configure MCP Servers" opens it. The list of tools ' +
        'counts only if "Use MCP servers" is on under "Auto-approve".',
      content: { mcpServers: { [name]: { ...entry, ...(autoApprove.length > 0 ? { autoApprove } : {}) } } },
    },
  ];
};
