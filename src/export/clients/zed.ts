import { autoTools, type Exporter } from '../exporter.ts';

/** Zed: its context servers, and the permissions of tools. */
export const exportZed: Exporter = (source) => {
  const { name, server } = source;
  // Zed does not expand variables here, so the user must write the token into the file.
  const entry =
    'url' in server
      ? { url: server.url, ...(server.tokenFrom ? { headers: { Authorization: `Bearer <${server.tokenFrom}>` } } : {}) }
      : server;
  const token = 'url' in server && server.tokenFrom ? ` Write the token in place of <${server.tokenFrom}>.` : '';
  const tools = Object.fromEntries(autoTools(source).map((tool) => [`mcp:${name}:${tool}`, { default: 'allow' }]));
  return [
    {
      file: '~/.config/zed/settings.json',
      note: `Merge this into the file. The permissions need Zed 0.224 or newer.${token}`,
      content: {
        context_servers: { [name]: entry },
        ...(Object.keys(tools).length > 0 ? { agent: { tool_permissions: { tools } } } : {}),
      },
    },
  ];
};
