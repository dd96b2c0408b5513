import type { Manifest } from '../core/plugin.ts';
import { shorten } from '../core/text.ts';
import { instructionsUri } from '../registry/instructions.ts';

/** Several clients cut server instructions here without notice. */
const BUDGET = 2_048;

interface PluginText {
  readonly plugin: Manifest;
  readonly text: string;
}

/**
 * The server's instructions: every plugin's text where all fit into 2,048 characters, otherwise the beginning of each,
 * with a pointer to the whole. `profile` is what the profile itself says, and comes first. Undefined where nobody has any.
 */
export function composeInstructions(all: readonly PluginText[], profile?: string): string | undefined {
  const own = profile?.trim();
  if (!own) return composeWithin(BUDGET, all);
  const first = shorten(own, BUDGET / 2);
  const rest = composeWithin(BUDGET - first.length - 2, all);
  return rest === undefined ? first : `${first}\n\n${rest}`;
}

function composeWithin(budget: number, all: readonly PluginText[]): string | undefined {
  if (all.length === 0) return undefined;
  const heading = ({ plugin }: PluginText): string => `## ${plugin.title ?? plugin.id} (plugin ${plugin.id})\n`;
  const whole = all.map((item) => heading(item) + item.text.trim()).join('\n\n');
  if (whole.length <= budget) return whole;

  const first = all[0] as PluginText;
  const pointer = `The full text of each plugin is the prompt "<plugin>_instructions" and the resource, as ${instructionsUri(first.plugin)}.`;
  const share = Math.floor((budget - pointer.length - 2) / all.length);
  const parts = all.map((item) => {
    const room = share - heading(item).length - 2;
    return room < 40 ? undefined : heading(item) + shorten(item.text.trim(), room);
  });
  const kept = parts.filter((part) => part !== undefined);
  if (kept.length > 0) return shorten([pointer, ...kept].join('\n\n'), budget);
  return shorten(`${pointer}\n\nPlugins: ${all.map(({ plugin }) => plugin.id).join(', ')}`, budget);
}
