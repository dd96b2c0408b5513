import { type ApiRules, declare } from './declare.ts';
import type { Exporter } from './exporter.ts';

const RULES: ApiRules = {
  api: 'Gemini',
  name: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/,
  nameRule: 'names of at most 64 letters, digits, "_", ".", ":" and "-" that start with a letter or "_"',
  form: 'gemini',
};

/** Function declarations for the Gemini API, with schemas in its own subset of JSON Schema. */
export const exportGemini: Exporter = ({ tools }) => {
  const { declared, notes } = declare(tools, RULES);
  const functionDeclarations = declared.map(({ name, description, input }) => ({ name, description, parametersJsonSchema: input }));
  return [{ content: [{ functionDeclarations }] }, ...notes];
};
