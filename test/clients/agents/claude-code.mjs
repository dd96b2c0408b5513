import { fileURLToPath } from 'node:url';
import { anthropic } from '../models/anthropic.mjs';
import { commandOf, nodeForClients } from '../programs.mjs';

const AGREE = fileURLToPath(new URL('agree.mjs', import.meta.url));
const elicitation = [{ hooks: [{ type: 'command', command: `"${process.execPath}" "${AGREE}"` }] }];

/** Claude Code, driven by its print mode. A hook answers instead of a user. */
export const claudeCode = {
  id: 'claude-code',
  title: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  version: '2.1.332',
  bin: 'cli-wrapper.cjs',
  api: anthropic,
  transports: ['stdio', 'http'],
  agrees: true,
  files: ({ project }) => [
    { file: '.claude/settings.json', content: { hooks: { Elicitation: elicitation } } },
    {
      file: '~/.claude.json',
      content: { projects: { [project]: { hasTrustDialogAccepted: true, enabledMcpjsonServers: ['plugmux'] } } },
    },
  ],
  start: ({ model }) => ({
    command: [nodeForClients(), commandOf(claudeCode), '-p', 'Go on', '--allowedTools', 'mcp__plugmux__box_erase'],
    env: {
      ANTHROPIC_BASE_URL: model,
      ANTHROPIC_API_KEY: 'no-key',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_TELEMETRY: '1',
      // Servers first, and their tools at once: the first request is the one that is checked.
      MCP_CONNECTION_NONBLOCKING: '0',
      ENABLE_TOOL_SEARCH: 'false',
    },
  }),
};
