import { byHand, type Exporter } from '../exporter.ts';

const NOTE = 'Merge this into the file. VS Code asks whether you trust the server when it first starts it.';

/** VS Code: the workspace's list of servers. */
export const exportVscode: Exporter = (source) => {
  const { name, server } = source;
  const how = 'VS Code keeps its allow-list itself: run the command "Chat: Manage Tool Approval".';
  if (!('url' in server)) {
    return [
      { file: '.vscode/mcp.json', note: NOTE, content: { servers: { [name]: { type: 'stdio', ...server } } } },
      ...byHand(source, how),
    ];
  }
  const { url, tokenFrom } = server;
  const headers = tokenFrom ? { headers: { Authorization: `Bearer \${env:${tokenFrom}}` } } : {};
  return [
    { file: '.vscode/mcp.json', note: NOTE, content: { servers: { [name]: { type: 'http', url, ...headers } } } },
    ...byHand(source, how),
  ];
};
