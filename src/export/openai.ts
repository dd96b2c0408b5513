import { type ApiRules, declare } from './declare.ts';
import type { Exporter } from './exporter.ts';

const RULES: ApiRules = {
  api: 'OpenAI',
  name: /^[a-zA-Z0-9_-]{1,64}$/,
  nameRule: 'names of at most 64 letters, digits, "_" and "-"',
  maxTools: 128,
  form: 'portable',
};

/** Tools for the OpenAI Responses API. Not strict, since strict mode forbids optional properties. */
export const exportOpenai: Exporter = ({ tools }) => {
  const { declared, notes } = declare(tools, RULES);
  const content = declared.map(({ name, description, input }) => ({
    type: 'function',
    name,
    description,
    parameters: input,
    strict: false,
  }));
  return [{ content }, ...notes];
};
