import { completions } from '../models/completions.mjs';
import { commandOf, nodeForClients } from '../programs.mjs';

/** The export lists its flags in a note, in shell syntax. */
const flagsIn = (parts) =>
  parts.flatMap(({ note }) => [...note.matchAll(/(--allow-tool)='([^']+)'/g)].map(([, flag, value]) => `${flag}=${value}`));

/** Copilot CLI, driven by its prompt mode with a custom provider. It keeps tool definitions between the runs of a session. */
export const copilotCli = {
  id: 'copilot-cli',
  title: 'Copilot CLI',
  package: '@github/copilot',
  version: '1.0.102',
  api: completions,
  transports: ['stdio', 'restart'],
  start: ({ model, parts, again }) => ({
    command: [
      nodeForClients(),
      commandOf(copilotCli),
      ...['-p', 'Go on', '--allow-tool=plugmux(box_erase)', ...flagsIn(parts), ...(again ? ['--continue'] : [])],
    ],
    env: {
      COPILOT_OFFLINE: 'true',
      COPILOT_AUTO_UPDATE: 'false',
      COPILOT_MODEL: 'gpt-4.1',
      COPILOT_PROVIDER_BASE_URL: `${model}/v1`,
      COPILOT_PROVIDER_API_KEY: 'no-key',
    },
  }),
};
