import * as z from 'zod';
import { GatewayError } from '../../core/errors.ts';
import { shorten } from '../../core/text/text.ts';
import { Call, silentClient } from '../../gateway/call/call.ts';
import type { PromptEntry } from '../../registry/catalogue/catalogue.ts';
import { type ConsoleRoute, route } from './route.ts';
import { callerOf, viewOf } from './shown/ask.ts';
import { LISTED_LENGTH } from './shown/causes.ts';
import { promptTokens, tokensOf } from './shown/tokens.ts';
import { unknownName } from './shown/unknown.ts';
import type { InstructionPart, Instructions, PromptRow } from './tool-types.ts';
import type { Page } from './types.ts';

const profile = z.string().max(128).optional();

/** Prompts and instructions as clients of a profile get them. */
export const promptRoutes: readonly ConsoleRoute[] = [
  route('get', '/prompts', {
    scope: 'observe',
    query: { profile },
    handle: ({ app }, { query, by }): Page<PromptRow> => ({
      items: [...viewOf(app, by.principal, query.profile).prompts.values()].map(toPromptRow),
    }),
  }),
  route('get', '/prompts/:name', {
    scope: 'observe',
    query: { profile },
    async handle({ app, log }, { params, query, by, signal }) {
      const { name = '' } = params;
      const caller = callerOf(app, by.principal, query.profile);
      const { prompts } = app.gateway.view(caller);
      const entry = prompts.get(name);
      if (!entry) throw unknownName('prompt', name, prompts.keys());
      const row = toPromptRow(entry);
      // Without its arguments a prompt cannot be fetched.
      if (row.arguments.some(({ required }) => required)) return row;
      const call = new Call(caller, silentClient(log));
      signal.addEventListener('abort', () => call.abort(new GatewayError('CALL_CANCELLED', 'The request was closed.')));
      const { messages } = await app.gateway.getPrompt(name, {}, call);
      const chars = JSON.stringify(messages).length;
      return { ...row, messages, chars, tokens: tokensOf(chars) };
    },
  }),
  route('get', '/instructions', {
    scope: 'observe',
    query: { profile },
    handle({ app }, { query, by }): Instructions {
      const view = viewOf(app, by.principal, query.profile);
      const text = view.instructions ?? '';
      const policy = app.policy();
      const caller = callerOf(app, by.principal, query.profile);
      const parts = app.registry.catalogue().instructions.filter(({ plugin }) => policy.seesPlugin(plugin, caller));
      return {
        text,
        ...sizes(text),
        parts: parts.map(({ plugin, text: part }): InstructionPart => ({ plugin: plugin.id, text: part, ...sizes(part) })),
      };
    },
  }),
];

function sizes(text: string): { chars: number; tokens: number } {
  return { chars: text.length, tokens: tokensOf(text.length) };
}

function toPromptRow(entry: PromptEntry): PromptRow {
  const { title, description, arguments: args = [] } = entry.prompt;
  const tokens = promptTokens(entry);
  return {
    name: entry.name,
    plugin: entry.plugin.id,
    ...(title === undefined ? {} : { title: shorten(title, LISTED_LENGTH) }),
    ...(description === undefined ? {} : { description: shorten(description, LISTED_LENGTH) }),
    arguments: args.map(({ name, description: text, required = false }) => ({
      name,
      ...(text === undefined ? {} : { description: shorten(text, LISTED_LENGTH) }),
      required,
    })),
    chars: tokens * 4,
    tokens,
  };
}
