import type { Manifest } from '../../core/contract/plugin.ts';
import { shareOut } from '../../core/text/share-out.ts';
import { cutAtSentence, shorten } from '../../core/text/text.ts';
import { instructionsUri } from '../../registry/catalogue/instructions.ts';

/** Several clients truncate server instructions at this length without notice. */
const BUDGET = 2_048;

/** A shorter part of a text would be useless. */
const LEAST = 40;

interface PluginText {
  readonly plugin: Manifest;
  readonly text: string;
}

/**
 * The server's instructions: the texts of all plugins if they fit into 2,048 characters, otherwise the beginning of each and
 * a pointer to the full texts. The text of `profile` comes first. Undefined if there is no text.
 */
export function composeInstructions(all: readonly PluginText[], profile?: string): string | undefined {
  const own = profile?.trim();
  if (!own) return composeWithin(BUDGET, all);
  const needed = all.length === 0 ? 0 : wholeOf(all).length + 2;
  const first = cutAtSentence(own, Math.max(BUDGET / 2, BUDGET - needed));
  const rest = composeWithin(BUDGET - first.length - 2, all);
  return rest === undefined ? first : `${first}\n\n${rest}`;
}

function composeWithin(budget: number, all: readonly PluginText[]): string | undefined {
  const [first] = all;
  if (!first) return undefined;
  const whole = wholeOf(all);
  if (whole.length <= budget) return whole;

  const pointer = `The full text of each plugin is in the prompt "<plugin>_instructions" and in a resource such as ${instructionsUri(first.plugin)}.`;
  for (let count = all.length; count > 0; count--) {
    const kept = all.slice(0, count);
    const parts = cutToFit(kept, budget - pointer.length);
    if (parts) return [pointer, ...parts].join('\n\n');
  }
  return shorten(`${pointer}\n\nPlugins: ${all.map(({ plugin }) => plugin.id).join(', ')}`, budget);
}

// Undefined if too little of a text would be left.
function cutToFit(items: readonly PluginText[], budget: number): string[] | undefined {
  const headings = items.map(headingOf);
  const texts = items.map(({ text }) => text.trim());
  const lengths = texts.map((text) => text.length);
  const taken = headings.reduce((sum, heading) => sum + heading.length + 2, 0);
  const shares = shareOut(lengths, budget - taken);
  if (shares.some((share, at) => share < Math.min(LEAST, lengths[at] as number))) return undefined;
  // Space that is left by cutting at the end of a sentence goes to the next text.
  let spare = budget - taken - shares.reduce((sum, share) => sum + share, 0);
  return texts.map((text, at) => {
    const room = (shares[at] as number) + spare;
    const cut = cutAtSentence(text, room);
    spare = room - cut.length;
    return `${headings[at]}${cut}`;
  });
}

function wholeOf(all: readonly PluginText[]): string {
  return all.map((item) => headingOf(item) + item.text.trim()).join('\n\n');
}

function headingOf({ plugin }: PluginText): string {
  return `## ${plugin.title ?? plugin.id} (plugin ${plugin.id})\n`;
}
