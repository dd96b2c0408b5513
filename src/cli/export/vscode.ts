import { byHand, type Exporter } from './exporter.ts';

/** VS Code: the workspace's list of servers. */
export const exportVscode: Exporter = (source) => {
  const { name, server } = source;
  const how = 'VS Code keeps its allow-list itself: run the command "Chat: Manage Tool Approval".';
  if (!('url' in server)) {
    return [{ file: '.vscode/mcp.json', content: { servers: { [name]: { type: 'stdio', ...server } } } }, ...byHand(source, how)];
  }
  const { url, tokenFrom } = server;
  const headers = tokenFrom ? { headers: { Authorization: `Bearer \${env:${tokenFrom}}` } } : {};
  return [{ file: '.vscode/mcp.json', content: { servers: { [name]: { type: 'http', url, ...headers } } } }, ...byHand(source, how)];
};
