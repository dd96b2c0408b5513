import { completions } from '../models/completions.mjs';
import { commandOf } from '../programs.mjs';

/** opencode, driven by `run` with a custom provider. */
export const opencode = {
  id: 'opencode',
  title: 'opencode',
  // The build that the package opencode-ai selects at install time; this one also runs on older processors.
  package: `opencode-${process.platform}-${process.arch}${process.arch === 'x64' ? '-baseline' : ''}`,
  version: '1.18.33',
  bin: 'bin/opencode',
  api: completions,
  transports: ['stdio', 'http'],
  files: ({ model }) => [
    {
      file: '~/.config/opencode/opencode.json',
      content: {
        autoupdate: false,
        share: 'disabled',
        permission: { plugmux_box_erase: 'allow' },
        provider: {
          scripted: {
            npm: '@ai-sdk/openai-compatible',
            name: 'scripted',
            options: { baseURL: `${model}/v1`, apiKey: 'no-key' },
            models: { scripted: { name: 'scripted', attachment: true, modalities: { input: ['text', 'image'], output: ['text'] } } },
          },
        },
      },
    },
  ],
  start: () => ({
    command: [commandOf(opencode), 'run', '-m', 'scripted/scripted', 'Go on'],
    env: {
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
      OPENCODE_DISABLE_SHARE: '1',
    },
  }),
};
