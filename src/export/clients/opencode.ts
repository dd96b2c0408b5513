import { autoTools, type Exporter } from '../exporter.ts';

/** opencode: its list of servers, and the permissions of tools. */
export const exportOpencode: Exporter = (source) => {
  const { name, server } = source;
  const entry =
    'url' in server
      ? {
          type: 'remote',
          url: server.url,
          // Otherwise opencode would try to log in with OAuth.
          ...(server.tokenFrom ? { oauth: false, headers: { Authorization: `Bearer {env:${server.tokenFrom}}` } } : {}),
        }
      : { type: 'local', command: [server.command, ...server.args] };
  // opencode applies the last matching rule; without a rule, it runs tools without asking.
  const permission = { [`${name}_*`]: 'ask', ...Object.fromEntries(autoTools(source).map((tool) => [`${name}_${tool}`, 'allow'])) };
  return [
    {
      file: '~/.config/opencode/opencode.json',
      note: 'Merge this into the file, or into opencode.json of a project; the last rule that matches a tool wins. For opencode 1.x.',
      content: { mcp: { [name]: { ...entry, enabled: true } }, permission },
    },
  ];
};
