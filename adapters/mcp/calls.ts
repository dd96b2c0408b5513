import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolResult } from '../../src/core/contract/content.ts';
import type { Completion, Prompt } from '../../src/core/contract/prompt.ts';
import type { ReadResult } from '../../src/core/contract/resource.ts';
import type { CallContext, Tool } from '../../src/core/contract/tool.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { noteExact } from '../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { toCallFailure } from './connection/failures.ts';
import { paramHeaders } from './connection/headers.ts';
import type { UpstreamSession } from './connection/session.ts';
import { toPromptResult, toReadResult, toToolResult } from './results.ts';
import { toQuestions } from './server-requests/questions.ts';
import { retryAfterUrlElicitation } from './server-requests/url-elicitation.ts';

const MAX_ROUNDS = 20;
const SEND_AGAIN_MS = 500;

/** Returns a usable connection. Rejects with PLUGIN_UNAVAILABLE if there is none in time. */
export type Connected = (ctx?: CallContext) => UpstreamSession | Promise<UpstreamSession>;

/** The requests that clients' calls send to a server. */
export interface Calls {
  tool(name: string, schema: JsonObject): Tool['call'];
  prompt(name: string): Prompt['get'];
  read(uri: string, ctx: CallContext): Promise<ReadResult>;
  /** The entry of a skill, by the address of its SKILL.md. */
  skill(uri: string, ctx: CallContext): Promise<JsonValue>;
  /** The children of a folder of a skill. */
  folder(uri: string, ctx: CallContext): Promise<readonly JsonValue[]>;
  completing(ref: JsonObject): Pick<Prompt, 'complete'>;
}

/**
 * Sends calls over the current connection and passes the server's requests for input to the calling client. `failed` receives
 * every tool result with `isError: true`.
 */
export function createCalls(connected: Connected, failed: (result: ToolResult) => void = () => undefined): Calls {
  // The common path is one promise. Input requests and errors are handled from its result.
  const run = (method: string, params: JsonObject, ctx: CallContext, headersOf?: HeadersOf): Promise<JsonObject> => {
    const found = connected(ctx);
    const send = (session: UpstreamSession): Promise<JsonObject> =>
      session.request(method, params, ctx, session.repeatsArguments ? headersOf?.(params) : undefined).then(
        (result) => (result.resultType === 'input_required' ? goOn(session, result, method, params, ctx, headersOf) : result),
        (error) => recover(error, session, method, params, ctx, headersOf),
      );
    return found instanceof Promise ? found.then(send) : send(found);
  };

  const recover = async (
    error: unknown,
    session: UpstreamSession,
    method: string,
    params: JsonObject,
    ctx: CallContext,
    headersOf: HeadersOf | undefined,
  ): Promise<JsonObject> => {
    try {
      if (isRefusal(error) && !ctx.aborted) {
        // The server never received the call, so it is sent once more, on a new connection if this one has ended.
        if (!session.over) await sleep(SEND_AGAIN_MS);
        const next = await connected(ctx);
        return await inRounds(next, method, params, ctx, headersOf);
      }
      return await retryAfterUrlElicitation(error, session.notifications, ctx, () => inRounds(session, method, params, ctx, headersOf));
    } catch (thrown) {
      throw toCallFailure(thrown, method);
    }
  };

  const toResult = (raw: JsonObject): ToolResult => {
    const result = toToolResult(raw);
    if (result.isError === true) failed(result);
    return result;
  };

  return {
    tool(name, schema) {
      const headersOf = paramHeaders(schema);
      return (args, ctx): Promise<ToolResult> => run('tools/call', { name, arguments: args }, ctx, headersOf).then(toResult);
    },
    prompt: (name) => async (args, ctx) => toPromptResult(await run('prompts/get', { name, arguments: { ...args } }, ctx)),
    read: async (uri, ctx) => toReadResult(await run('resources/read', { uri }, ctx)),
    skill: async (uri, ctx) => (await run('skills/get', { uri }, ctx)).skill ?? null,
    async folder(uri, ctx) {
      const { resources } = await run('resources/directory/read', { uri }, ctx);
      return Array.isArray(resources) ? resources : [];
    },
    completing: (ref) => ({
      async complete(argument, typed, known) {
        const session = await connected();
        if (!session.can('completions')) return { values: [], total: 0, hasMore: false };
        const params: JsonObject = { ref, argument: { name: argument, value: typed } };
        if (Object.keys(known).length > 0) params.context = { arguments: { ...known } };
        const { completion } = await session.ask('completion/complete', params).catch((error) => {
          throw toCallFailure(error, 'completion/complete');
        });
        if (!isJsonObject(completion) || !Array.isArray(completion.values))
          throw new GatewayError('RESULT_INVALID', 'The server answered completion/complete without a list of values.');
        // The gateway validates the values.
        return completion as unknown as Completion;
      },
    }),
  };
}

type HeadersOf = (params: JsonObject) => Record<string, string>;

function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'PLUGIN_UNAVAILABLE';
}

async function inRounds(
  session: UpstreamSession,
  method: string,
  params: JsonObject,
  ctx: CallContext,
  headersOf: HeadersOf | undefined,
): Promise<JsonObject> {
  const result = await session.request(method, params, ctx, session.repeatsArguments ? headersOf?.(params) : undefined);
  return result.resultType === 'input_required' ? goOn(session, result, method, params, ctx, headersOf) : result;
}

// In the modern era the server returns requests for input. The call is repeated with the answers.
async function goOn(
  session: UpstreamSession,
  first: JsonObject,
  method: string,
  params: JsonObject,
  ctx: CallContext,
  headersOf: HeadersOf | undefined,
): Promise<JsonObject> {
  let result = first;
  try {
    for (let round = 0; result.resultType === 'input_required'; round++) {
      if (round >= MAX_ROUNDS) {
        throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The server requested input more than ${MAX_ROUNDS} times in one call.`);
      }
      const { requestState } = result;
      const questions = toQuestions(result.inputRequests);
      if (requestState !== undefined && typeof requestState !== 'string')
        throw new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server requested input with a "requestState" that is not a string.');
      if (requestState === undefined && Object.keys(questions).length === 0)
        throw new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server requested input with neither "inputRequests" nor a "requestState".');
      const answers = Object.keys(questions).length > 0 ? await ctx.ask(questions) : {};
      const state: JsonObject = requestState === undefined ? {} : { requestState };
      result = await session.request(method, { ...params, inputResponses: noteExact({ ...answers }), ...state }, ctx, headersOf?.(params));
    }
    return result;
  } catch (error) {
    throw toCallFailure(error, method);
  }
}
