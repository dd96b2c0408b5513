import { fileURLToPath } from 'node:url';

/** The command or configuration that connects one LLM client. */
export interface ConnectLine {
  readonly client: string;
  readonly line: string;
}

/** The command line that starts this program from any folder. */
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
    {
      client: 'Gemini CLI',
      line: `gemini mcp add --scope user --transport http plugmux ${url}`,
    },
    {
      client: 'Copilot CLI',
      line: `in ~/.copilot/mcp-config.json: {"mcpServers":{"plugmux":{"type":"http","url":"${url}","tools":["*"]}}}`,
    },
    {
      client: 'Codex',
      line: `codex mcp add plugmux --url ${url}`,
    },
    {
      client: 'opencode',
      line: `in ~/.config/opencode/opencode.json: {"mcp":{"plugmux":{"type":"remote","url":"${url}"}}}`,
    },
    {
      client: 'Cline',
      line: `in cline_mcp_settings.json: {"mcpServers":{"plugmux":{"type":"streamableHttp","url":"${url}"}}}`,
    },
    {
      client: 'Windsurf',
      line: `in ~/.codeium/windsurf/mcp_config.json: {"mcpServers":{"plugmux":{"serverUrl":"${url}"}}}`,
    },
    {
      client: 'Zed',
      line: `in ~/.config/zed/settings.json: {"context_servers":{"plugmux":{"url":"${url}"}}}`,
    },
    {
      client: 'Continue',
      line: `in .continue/mcpServers/mcp.json: {"mcpServers":{"plugmux":{"type":"http","url":"${url}"}}}`,
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
