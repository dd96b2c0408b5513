import { autoTools, type Exporter } from '../exporter.ts';

/** Gemini CLI: its list of servers, and a rule of its policy engine. */
export const exportGeminiCli: Exporter = (source) => {
  const { name, server } = source;
  const entry =
    'url' in server
      ? { httpUrl: server.url, ...(server.tokenFrom ? { headers: { Authorization: `Bearer $${server.tokenFrom}` } } : {}) }
      : server;
  const names = autoTools(source);
  const rule = [
    '[[rule]]',
    `mcpName = ${JSON.stringify(name)}`,
    `toolName = ${JSON.stringify(names)}`,
    'decision = "allow"',
    'priority = 100',
  ];
  return [
    { file: '~/.gemini/settings.json', note: 'Merge this into the file.', content: { mcpServers: { [name]: entry } } },
    ...(names.length > 0
      ? [{ file: `~/.gemini/policies/${name}.toml`, note: 'Save this as a separate file.', content: `${rule.join('\n')}\n` }]
      : []),
  ];
};
