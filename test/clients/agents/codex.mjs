import { responses } from '../models/responses.mjs';
import { commandOf, nodeForClients } from '../programs.mjs';

const ERASE = '[mcp_servers.plugmux.tools.box_erase]\napproval_mode = "approve"\n';

/** Codex, driven by `exec`. */
export const codex = {
  id: 'codex',
  title: 'Codex',
  package: '@openai/codex',
  version: '0.171.0',
  api: responses,
  transports: ['stdio'],
  files: ({ model }) => [
    {
      file: '~/.codex/config.toml',
      content: `${ERASE}
[model_providers.scripted]
name = "scripted"
base_url = "${model}/v1"
wire_api = "responses"

[analytics]
enabled = false

[feedback]
enabled = false
`,
    },
  ],
  start: () => ({
    command: [
      nodeForClients(),
      commandOf(codex),
      ...['exec', '--skip-git-repo-check'],
      ...['model="scripted"', 'model_provider="scripted"', 'check_for_update_on_startup=false'].flatMap((pair) => ['-c', pair]),
      'Go on',
    ],
  }),
};
