import { isJsonObject } from '../../../../src/core/json/json.ts';
import { toPlain } from '../../../../src/core/json/plain.ts';
import type { EthosCommand } from '../format.ts';

/** Parsed arguments of a command: the raw text, positional words, and `--key=value` pairs. */
export interface CommandArguments {
  readonly raw: string;
  readonly positional: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}

/** Splits a text at whitespace. */
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

/** Replaces `$ARGUMENTS`, `$1`, `$2` … in a prompt. `$10` is the tenth word. */
export function fillPrompt(text: string, raw: string): string {
  const words = raw.split(/\s+/).filter((w) => w !== '');
  return text.replace(/\$ARGUMENTS|\$(\d+)/g, (_, number: string | undefined) =>
    number === undefined ? raw : (words[Number(number) - 1] ?? ''),
  );
}

/** Runs a slash command of either dialect and returns its text. */
export async function runSlash(command: EthosCommand, raw: string, ctx: object): Promise<string> {
  const answer = toPlain(await (command.handler ? command.handler(raw, ctx) : command.execute?.(raw, ctx)));
  if (isJsonObject(answer) && typeof answer.text === 'string') return answer.text;
  return typeof answer === 'string' ? answer : answer === null ? '' : JSON.stringify(answer);
}

/** Runs a command of kind `run`. Returns its output and whether it failed. */
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
