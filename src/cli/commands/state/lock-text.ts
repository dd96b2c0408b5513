import { escapeForTerminal, shorten } from '../../../core/text/text.ts';
import type { LockChange, TextPiece } from '../../../policy/lock-changes.ts';

const NAME = 128;
/** How much of a text that stayed the same is shown on either side of a difference. */
const AROUND = 80;

/** The differences as text for a terminal: a line without indentation is always the name of a part. */
export function describeChanges(changes: readonly LockChange[]): string {
  return changes.length === 0 ? 'Nothing differs.' : changes.map(describe).join('\n\n');
}

/** One line about a difference. */
export function nameChange({ plugin, tool, kind, accepted }: LockChange): string {
  return `${oneLine(plugin)} › ${shorten(oneLine(tool), NAME)}: ${kind}${accepted ? `, accepted by ${oneLine(accepted.by)}` : ''}`;
}

function describe(change: LockChange): string {
  const { description = [], schema, hints } = change;
  const words = description.map(show).join('');
  return [
    nameChange(change),
    ...(words === '' ? [] : escapeForTerminal(words).split('\n')),
    ...schema.map(({ path, what }) => `${oneLine(path)}: ${oneLine(what)}`),
    ...hints.map(({ name, before = 'unset', after = 'unset' }) => `hint ${oneLine(name)}: ${oneLine(before)} → ${oneLine(after)}`),
  ]
    .map((line, at) => (at === 0 ? line : `  ${line}`))
    .join('\n');
}

function show({ text, added, removed }: TextPiece, at: number, all: readonly TextPiece[]): string {
  if (added) return `[+${text}+]`;
  if (removed) return `[-${text}-]`;
  const [before, after] = [at === 0 ? 0 : AROUND, at === all.length - 1 ? 0 : AROUND];
  if (text.length <= before + after + AROUND) return text;
  return `${text.slice(0, before)} […] ${after === 0 ? '' : text.slice(-after)}`;
}

// Names come from plugins, so a line break in one must not begin a line.
function oneLine(text: string): string {
  return escapeForTerminal(text.replace(/[\n\r\t]/g, (char) => JSON.stringify(char).slice(1, -1)));
}
