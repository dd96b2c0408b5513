import type { Exporter } from './exporter.ts';

/** Tools for the OpenAI API (Responses). Not strict: what a schema leaves open stays open. */
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
