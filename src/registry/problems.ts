import type { Problem } from '../core/contract/plugin.ts';
import { shorten } from '../core/text/text.ts';
import type { VettedTools } from './offer/tools.ts';

const MAX_TOLD = 20;

/** What an operator should know of the schemas of tools that are served. */
export function problemsOf(vetted: VettedTools): Problem[] {
  return [...droppedOf(vetted), ...uncheckedOf(vetted), ...unshownOf(vetted)];
}

function uncheckedOf({ tools }: VettedTools): Problem[] {
  return tools.flatMap(({ tool, unchecked }) =>
    unchecked.length === 0
      ? []
      : [{ code: 'SCHEMA_UNCHECKED' as const, subject: tool.name, message: `${tool.name} is served; ${unchecked.join('; ')}.` }],
  );
}

function unshownOf({ tools }: VettedTools): Problem[] {
  return tools.flatMap(({ tool, unshown }) =>
    unshown.length === 0
      ? []
      : [
          {
            code: 'SCHEMA_UNCHECKED' as const,
            subject: tool.name,
            message: `${tool.name} is served; parts of its output schema that no client can compile are left out: ${tellSome(unshown)}.`,
          },
        ],
  );
}

function tellSome(parts: readonly string[]): string {
  const told = parts.slice(0, MAX_TOLD).map((part) => shorten(part, 300));
  return [...told, ...(parts.length > MAX_TOLD ? [`${parts.length - MAX_TOLD} more`] : [])].join('; ');
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
