import type { Exporter } from './exporter.ts';

/** Tools for the OpenAI Responses API. Not strict, since strict mode forbids optional properties. */
export const exportOpenai: Exporter = ({ tools }) => [
  {
    content: tools.map(({ entry: { name, description }, shape }) => ({
      type: 'function',
      name,
      description,
      parameters: shape.input,
      strict: false,
    })),
  },
];
