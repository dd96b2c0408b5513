import { fileURLToPath } from 'node:url';

/** The line that connects one LLM client. */
export interface ConnectLine {
  readonly client: string;
  readonly line: string;
}

/** How to start this program from anywhere. */
export function ownCommand(): string[] {
  return [process.execPath, fileURLToPath(new URL('../main.js', import.meta.url))];
}

/** Lines that connect clients to a running gateway. */
export function httpLines(url: string): ConnectLine[] {
  return [
    {
      client: 'Claude Code',
      line: `claude mcp add --transport http plugmux ${url}`,
    },
    {
      client: 'Cursor',
      line: `in ~/.cursor/mcp.json: {"mcpServers":{"plugmux":{"url":"${url}"}}}`,
    },
    {
      client: 'VS Code',
      line: `code --add-mcp ${quote(JSON.stringify({ name: 'plugmux', type: 'http', url }))}`,
    },
  ];
}

/** The line that lets a client start the gateway itself. */
export function stdioLine(configFile: string): ConnectLine {
  const command = [...ownCommand(), 'stdio', '--config', configFile].map(quote).join(' ');
  return {
    client: 'Claude Code (stdio)',
    line: `claude mcp add plugmux -- ${command}`,
  };
}

function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
