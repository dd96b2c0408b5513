import type { UserCommand } from '../../src/core/contract/command.ts';
import type { ToolResult } from '../../src/core/contract/content.ts';
import type { Member } from '../../src/core/contract/host.ts';
import type { Prompt } from '../../src/core/contract/prompt.ts';
import type { CallContext } from '../../src/core/contract/tool.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import type { JaatoCommand } from './report.ts';

/** Runs a command of a plugin, if whoever guards calls lets it. */
export type RunCommand = (name: string, params: JsonObject, ctx: CallContext) => Promise<ToolResult>;

/** For the person's eyes: a wish that many clients do not know of. */
const FOR_THE_PERSON = { annotations: { audience: ['user'] } };

/** A command as a prompt: fetching it runs the command. */
export function toPrompt(command: JaatoCommand, run: RunCommand, member: Member): Prompt {
  const { name, description, parameters, shared } = command;
  const args = parameters ?? [{ name: 'args', description: 'What to type behind the command', required: false, capture_rest: true }];
  return {
    name,
    ...(description === '' ? {} : { description }),
    arguments: args.map((a) => ({
      name: a.name,
      ...(a.description === '' ? {} : { description: a.description }),
      required: a.required,
    })),
    async get(given, ctx) {
      const result = await run(name, { named: { ...given } }, ctx);
      if (result.isError) throw new GatewayError('PLUGIN_FAILED', `The command ${name} failed: ${textOf(result)}`);
      // What was made for the person's eyes only does not go to the model.
      const content =
        result.meta?.display === true ? [{ type: 'text', text: 'The command has shown its help to the person.' } as const] : result.content;
      return {
        ...(description === '' ? {} : { description }),
        messages: content.map((block) => ({ role: 'user', content: shared ? block : { ...block, ...FOR_THE_PERSON } })),
      };
    },
    async complete(argument, typed, known) {
      const at = args.findIndex((a) => a.name === argument);
      // The tail of a line is typed word by word: the last one is completed.
      const tail = args[at]?.capture_rest === true ? typed.trimStart().split(/\s+/) : [typed];
      const last = tail.at(-1) ?? '';
      const head = typed.slice(0, typed.length - last.length);
      const words = [...args.slice(0, Math.max(0, at)).map((a) => (Object.hasOwn(known, a.name) ? (known[a.name] ?? '') : '')), ...tail];
      const found = readCompletions(await member.request('complete', { command: name, words }));
      const values = found.filter((value) => value.startsWith(typed) || value.startsWith(last));
      return values.map((value) => (value.startsWith(typed) ? value : head + value));
    },
  };
}

function readCompletions(reply: JsonValue): string[] {
  if (!Array.isArray(reply)) throw new GatewayError('PLUGIN_PROTOCOL_ERROR', "The plugin's process answered with no list of completions.");
  return reply.flatMap((item) => (isJsonObject(item) && typeof item.value === 'string' ? [item.value] : []));
}

/** Any command, for the person at the gateway's own command line. */
export function toUserCommand({ name, description, parameters = [] }: JaatoCommand, run: RunCommand): UserCommand {
  const words = parameters.map((p) => `${p.required ? '<' : '['}${p.name}${p.capture_rest ? '...' : ''}${p.required ? '>' : ']'}`);
  return {
    name,
    ...(description === '' ? {} : { description }),
    ...(words.length > 0 ? { usage: words.join(' ') } : {}),
    run: (text, ctx) => run(name, { text }, ctx),
  };
}

function textOf({ content }: ToolResult): string {
  return content.map((block) => (block.type === 'text' ? block.text : `(${block.type})`)).join('\n');
}
