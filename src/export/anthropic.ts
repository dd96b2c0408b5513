import type { Exporter } from './exporter.ts';

/** Tools for the Anthropic API. */
export const exportAnthropic: Exporter = ({ tools }) => [
  { content: tools.map(({ entry: { name, description }, shape }) => ({ name, description, input_schema: shape.input })) },
];
