import { shapeOf } from '../registry/schemas/shape.ts';
import type { Exporter } from './exporter.ts';

/** Function declarations for the Gemini API, with schemas in its own subset of JSON Schema. */
export const exportGemini: Exporter = ({ tools }) => [
  {
    content: [
      {
        functionDeclarations: tools.map(({ entry }) => ({
          name: entry.name,
          description: entry.description,
          parametersJsonSchema: shapeOf(entry, 'gemini').input,
        })),
      },
    ],
  },
];
