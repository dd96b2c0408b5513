import type { UserCommand } from '../../src/core/contract/command.ts';
import type { ToolResult } from '../../src/core/contract/content.ts';
import type { Member } from '../../src/core/contract/member.ts';
import type { Prompt } from '../../src/core/contract/prompt.ts';
import type { CallContext } from '../../src/core/contract/tool.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import type { JaatoCommand } from './report.ts';

/** Runs a plugin's command after all guards have allowed it. */
export type RunCommand = (name: string, params: JsonObject, ctx: CallContext) => Promise<ToolResult>;

/** Marks content for the user only; many clients ignore this. */
const FOR_THE_PERSON = { annotations: { audience: ['user'] } };

/** A command as a prompt: fetching it runs the command. */
export function toPrompt(command: JaatoCommand, run: RunCommand, member: Member): Prompt {
  const { name, description, parameters, shared } = command;
  const args = parameters ?? [{ name: 'args', description: 'Arguments of the command', required: false, capture_rest: true }];
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
      // Output for the user only does not go to the model.
      const content =
        result.meta?.display === true ? [{ type: 'text', text: 'The command showed its help to the user.' } as const] : result.content;
      return {
        ...(description === '' ? {} : { description }),
        messages: content.map((block) => ({ role: 'user', content: shared ? block : { ...block, ...FOR_THE_PERSON } })),
      };
    },
    async complete(argument, typed, known) {
      const at = args.findIndex((a) => a.name === argument);
      // The rest of the line is completed by its last word.
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
  if (!Array.isArray(reply)) throw new GatewayError('PLUGIN_PROTOCOL_ERROR', "The plugin's process returned no list of completions.");
  return reply.flatMap((item) => (isJsonObject(item) && typeof item.value === 'string' ? [item.value] : []));
}

/** A command for the gateway's command line. */
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
