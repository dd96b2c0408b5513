import { byHand, type Exporter } from '../exporter.ts';

/** Continue: a file with one server, in YAML (of which JSON is a subset). */
export const exportContinue: Exporter = (source) => {
  const { name, server } = source;
  const authorization = 'url' in server && server.tokenFrom ? { Authorization: `Bearer \${{ secrets.${server.tokenFrom} }}` } : undefined;
  const entry =
    'url' in server
      ? { name, type: 'streamable-http', url: server.url, ...(authorization ? { requestOptions: { headers: authorization } } : {}) }
      : { name, type: 'stdio', ...server };
  return [
    {
      file: `.continue/mcpServers/${name}.yaml`,
      note: 'Save this as a separate file in the workspace. Continue calls tools in agent mode only.',
      content: { name, version: '0.0.1', schema: 'v1', mcpServers: [entry] },
    },
    ...byHand(source, 'Continue keeps its allow-list itself: set the policy of each tool in its list of tools.'),
  ];
};
