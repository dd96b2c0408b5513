import type { Problem } from '../core/contract/plugin.ts';
import { shorten } from '../core/text/text.ts';
import type { VettedTools } from './offer/tools.ts';

const MAX_LISTED = 20;

/** Problems with the schemas of tools that are served. */
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
            message: `${tool.name} is served; parts of its output schema are left out because clients cannot compile them: ${joinSome(unshown)}.`,
          },
        ],
  );
}

function joinSome(parts: readonly string[]): string {
  const listed = parts.slice(0, MAX_LISTED).map((part) => shorten(part, 300));
  return [...listed, ...(parts.length > MAX_LISTED ? [`${parts.length - MAX_LISTED} more`] : [])].join('; ');
}

function droppedOf({ tools }: VettedTools): Problem[] {
  return tools.flatMap(({ tool, dropped }) =>
    dropped.map((place) => ({
      code: 'SCHEMA_REFUSED' as const,
      subject: tool.name,
      message: `${place} of ${tool.name} is left out of its schema: it contains invisible characters.`,
    })),
  );
}
