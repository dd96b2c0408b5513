import { type ApiRules, declare } from './declare.ts';
import type { Exporter } from './exporter.ts';

const RULES: ApiRules = {
  api: 'Anthropic',
  name: /^[a-zA-Z0-9_-]{1,64}$/,
  nameRule: 'names of at most 64 letters, digits, "_" and "-"',
  form: 'portable',
};

/** Tools for the Anthropic API. */
export const exportAnthropic: Exporter = ({ tools }) => {
  const { declared, notes } = declare(tools, RULES);
  return [{ content: declared.map(({ name, description, input }) => ({ name, description, input_schema: input })) }, ...notes];
};
