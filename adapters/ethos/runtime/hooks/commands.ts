import { isJsonObject } from '../../../../src/core/json/json.ts';
import { toPlain } from '../../../../src/core/json/plain.ts';
import type { EthosCommand } from '../format.ts';

/** A command's arguments in its own terms: the text, its words, and the words of the form `--key=value`. */
export interface CommandArguments {
  readonly raw: string;
  readonly positional: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}

/** Takes a text apart at blanks. */
export function parseArguments(raw: string): CommandArguments {
  const positional: string[] = [];
  const named: Record<string, string> = {};
  for (const word of raw.split(/\s+/).filter((w) => w !== '')) {
    const [, key, value] = /^--([^=]+)=(.*)$/.exec(word) ?? [];
    if (key !== undefined && value !== undefined) named[key] = value;
    else positional.push(word);
  }
  return { raw, positional, named };
}

/** Fills `$ARGUMENTS` and `$1`, `$2` … into the text of a prompt; `$10` is the tenth word, not the first and a zero. */
export function fillPrompt(text: string, raw: string): string {
  const words = raw.split(/\s+/).filter((w) => w !== '');
  return text.replace(/\$ARGUMENTS|\$(\d+)/g, (_, number: string | undefined) =>
    number === undefined ? raw : (words[Number(number) - 1] ?? ''),
  );
}

/** Runs a slash command of either dialect; its text. */
export async function runSlash(command: EthosCommand, raw: string, ctx: object): Promise<string> {
  const answer = toPlain(await (command.handler ? command.handler(raw, ctx) : command.execute?.(raw, ctx)));
  if (isJsonObject(answer) && typeof answer.text === 'string') return answer.text;
  return typeof answer === 'string' ? answer : answer === null ? '' : JSON.stringify(answer);
}

/** Runs a command of the kind `run`: what it emitted and returned, and whether it failed. */
export async function runCommand(
  command: EthosCommand,
  raw: string,
  ctx: object,
): Promise<{ readonly text: string; readonly failed: boolean }> {
  const emitted: string[] = [];
  const emit = (text: unknown): void => void emitted.push(String(text));
  const { exitCode, output } = (toPlain(await command.run?.({ ...ctx, args: parseArguments(raw), emit })) ?? {}) as {
    exitCode?: unknown;
    output?: unknown;
  };
  if (typeof output === 'string') emitted.push(output);
  return { text: emitted.join('\n'), failed: typeof exitCode === 'number' && exitCode !== 0 };
}
