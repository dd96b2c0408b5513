import { autoTools, type Exporter } from '../exporter.ts';

// By default, Codex waits 10 s for a server and then continues without its tools.
const STARTUP_SECONDS = 60;

/** Codex: its table of servers, with the approval of each tool. */
export const exportCodex: Exporter = (source) => {
  const { name, server } = source;
  const table = `mcp_servers.${name}`;
  const reach =
    'url' in server
      ? [`url = ${toml(server.url)}`, ...(server.tokenFrom ? [`bearer_token_env_var = ${toml(server.tokenFrom)}`] : [])]
      : [`command = ${toml(server.command)}`, `args = [${server.args.map(toml).join(', ')}]`];
  const lines = [`[${table}]`, ...reach, 'required = true', `startup_timeout_sec = ${STARTUP_SECONDS}`];
  const tools = autoTools(source).flatMap((tool) => ['', `[${table}.tools.${toml(tool)}]`, 'approval_mode = "approve"']);
  return [
    {
      file: '~/.codex/config.toml',
      note: 'Merge this into the file; in .codex/config.toml of a project it has effect only if Codex trusts the project.',
      content: `${[...lines, ...tools].join('\n')}\n`,
    },
  ];
};

// A JSON string is a valid TOML basic string, except for DEL, which TOML requires to be escaped.
function toml(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}
