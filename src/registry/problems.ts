import type { Problem } from '../core/plugin.ts';
import type { VettedTools } from './tools.ts';

/** What an operator should know of the schemas of tools that are served. */
export function problemsOf(vetted: VettedTools): Problem[] {
  return [...droppedOf(vetted), ...uncheckedOf(vetted)];
}

function uncheckedOf({ tools }: VettedTools): Problem[] {
  return tools.flatMap(({ tool, unchecked }) =>
    unchecked.length === 0
      ? []
      : [{ code: 'SCHEMA_UNCHECKED' as const, subject: tool.name, message: `${tool.name} is served; ${unchecked.join('; ')}.` }],
  );
}

function droppedOf({ tools }: VettedTools): Problem[] {
  return tools.flatMap(({ tool, dropped }) =>
    dropped.map((place) => ({
      code: 'SCHEMA_REFUSED' as const,
      subject: tool.name,
      message: `${place} of ${tool.name} is left out of its schema: it holds characters that cannot be seen.`,
    })),
  );
}
