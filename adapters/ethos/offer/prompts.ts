import type { Prompt, PromptResult } from '../../../src/core/contract/prompt.ts';
import type { CallContext } from '../../../src/core/contract/tool.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { CommandReport } from '../report.ts';

/** Requests the text of a command from the plugin's process. */
export type AskText = (params: JsonObject) => Promise<string>;

/** The plugin's commands that return text, as prompts. */
export function commandPrompts(id: string, commands: readonly CommandReport[], ask: AskText): Prompt[] {
  return commands
    .filter(({ kind }) => kind !== 'run')
    .map(({ name, description, hint }) => ({
      name: `${id}_${name}`,
      title: `${id}: /${name}`,
      description,
      arguments: [{ name: 'arguments', description: hint ?? 'Arguments of the command.' }],
      get: async (args, ctx) => toPrompt(description, await ask({ name, arguments: args.arguments ?? '', ...whoOf(ctx) })),
      complete: async (argument, typed) => (argument === 'arguments' ? completeHint(hint ?? '', typed) : []),
    }));
}

function toPrompt(description: string, text: string): PromptResult {
  return { ...(description === '' ? {} : { description }), messages: [{ role: 'user', content: { type: 'text', text } }] };
}

function whoOf({ session, caller }: CallContext): JsonObject {
  return { session, profile: caller.profile };
}

/** Completes the last word from a hint such as `<on|off> [--fast]`. */
export function completeHint(hint: string, typed: string): string[] {
  const words = typed.split(/\s+/);
  const last = words.pop() ?? '';
  const start = typed.slice(0, typed.length - last.length);
  const place = hint.split(/\s+/).filter((word) => word !== '' && !word.startsWith('/'))[words.filter((word) => word !== '').length] ?? '';
  const choices = place.replace(/^[[<(]+|[\])>.…]+$/g, '').split('|');
  if (choices.length < 2) return [];
  return choices.filter((choice) => choice.startsWith(last)).map((choice) => start + choice);
}
