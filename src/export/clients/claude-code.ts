import { autoTools, type Exporter } from '../exporter.ts';

/** Claude Code: the project's list of servers, and permission rules. */
export const exportClaudeCode: Exporter = (source) => {
  const { name, server } = source;
  const entry =
    'url' in server
      ? { type: 'http', url: server.url, ...(server.tokenFrom ? { headers: { Authorization: `Bearer \${${server.tokenFrom}}` } } : {}) }
      : { type: 'stdio', ...server };
  const allow = autoTools(source).map((tool) => `mcp__${name}__${tool}`);
  return [
    {
      file: '.mcp.json',
      note: 'Merge this into the file. Claude Code uses it once you trust the folder and agree to the server.',
      content: { mcpServers: { [name]: entry } },
    },
    ...(allow.length > 0
      ? [
          {
            file: '.claude/settings.json',
            note: 'Merge this into the file. It takes effect once you trust the folder.',
            content: { permissions: { allow } },
          },
        ]
      : []),
  ];
};
