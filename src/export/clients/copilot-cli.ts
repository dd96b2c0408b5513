import { autoTools, type Exporter } from '../exporter.ts';

/** Copilot CLI: its list of servers. Flags at the start name the tools that run without asking. */
export const exportCopilotCli: Exporter = (source) => {
  const { name, server } = source;
  const entry =
    'url' in server
      ? { type: 'http', url: server.url, ...(server.tokenFrom ? { headers: { Authorization: `Bearer \${${server.tokenFrom}}` } } : {}) }
      : { type: 'local', ...server };
  const flags = autoTools(source).map((tool) => `--allow-tool='${name}(${tool})'`);
  return [
    {
      file: '~/.copilot/mcp-config.json',
      note: 'Merge this into the file. An organization may list the servers that can run; then this one has to be on the list.',
      content: { mcpServers: { [name]: { ...entry, tools: ['*'] } } },
    },
    ...(flags.length > 0 ? [{ note: `To let these run without asking, start it with: copilot ${flags.join(' ')}` }] : []),
  ];
};
