import { gemini } from '../models/gemini.mjs';
import { commandOf, nodeForClients } from '../programs.mjs';

const ERASE = ['[[rule]]', 'mcpName = "plugmux"', 'toolName = "box_erase"', 'decision = "allow"', 'priority = 100'];

/** Gemini CLI, driven by its headless mode, which offers only tools that need no approval. */
export const geminiCli = {
  id: 'gemini-cli',
  title: 'Gemini CLI',
  package: '@google/gemini-cli',
  version: '0.61.0',
  api: gemini,
  transports: ['stdio', 'http'],
  files: () => [
    {
      file: '~/.gemini/settings.json',
      content: {
        security: { auth: { selectedType: 'gemini-api-key' } },
        general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
      },
    },
    { file: '~/.gemini/policies/judge.toml', content: `${ERASE.join('\n')}\n` },
  ],
  start: ({ model }) => ({
    command: [nodeForClients(), commandOf(geminiCli), '-p', 'Go on', '-m', 'gemini-2.5-flash'],
    env: { GOOGLE_GEMINI_BASE_URL: model, GEMINI_API_KEY: 'no-key', GEMINI_CLI_TRUST_WORKSPACE: 'true' },
  }),
};
