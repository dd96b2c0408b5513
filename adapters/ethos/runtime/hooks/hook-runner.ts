import type { ToolResult } from '../../../../src/core/contract/content.ts';
import { GatewayError, toError } from '../../../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../src/core/json/json.ts';
import { toPlain } from '../../../../src/core/json/plain.ts';
import type { Logger } from '../../../../src/core/log.ts';
import type { RuntimeCaller } from '../../../../src/host/node/runtime.ts';
import type { Registrations } from '../registrations.ts';
import { fromResult, mergeResult, toResult } from '../result.ts';
import { type ContextParts, createToolContext } from '../tool-context.ts';
import { fillPrompt, runSlash } from './commands.ts';
import { type FilteredTool, runAfter, runBefore } from './filters.ts';
import { runChecks } from './health.ts';
import { runModifying, runVoid } from './hooks.ts';
import { composePrompt } from './prompt-parts.ts';

/** A call of any plugin, as the gateway sends it to hooks and filters. */
export interface InterceptedToolCall extends FilteredTool {
  readonly tool: string;
  readonly origin: JsonObject;
  readonly args: JsonObject;
  readonly caller: RuntimeCaller;
}

const PATH_KEYS = ['path', 'file_path', 'filePath', 'cwd'];

/** Runs a plugin's hooks, filters, prompts and checks: everything except calls of its own tools. */
export class HookRunner {
  readonly contextParts: ContextParts;
  readonly #registrations: Registrations;
  readonly #log: Logger;

  constructor(contextParts: ContextParts, registrations: Registrations, log: Logger) {
    this.contextParts = contextParts;
    this.#registrations = registrations;
    this.#log = log;
  }

  async answer(method: string, params: JsonObject): Promise<JsonValue> {
    const passing = params as unknown as InterceptedToolCall;
    switch (method) {
      case 'guard':
        return this.#guard(passing);
      case 'before':
        return this.#before(passing);
      case 'after':
        return this.#after(passing, params.result as unknown as ToolResult);
      case 'ended':
        return this.#ended(passing, params.result as unknown as ToolResult, Number(params.ms));
      case 'session':
        return this.#session(String(params.session), String(params.profile));
      case 'compose':
        return this.compose(params as { session: string; profile: string });
      case 'prompt':
        return this.#prompt(String(params.name), String(params.arguments), params);
      case 'cacheKey':
        return this.#cacheKey(String(params.tool), params.args as JsonObject);
      case 'check':
        return (await runChecks(this.#registrations.healthChecks)) as unknown as JsonValue;
      default:
        throw new GatewayError('METHOD_NOT_FOUND', `The Ethos runtime has no method "${method}".`);
    }
  }

  /** Returns the text that the plugin adds to the system prompt of one session. */
  compose({ session, profile }: { readonly session: string; readonly profile: string }): Promise<string> {
    const { injectors, modifyingHooks } = this.#registrations;
    const { params, sessions } = this.contextParts;
    const turn = Math.max(1, sessions.get(session).turn);
    const reader = { sessionId: session, profile, turn, workingDir: params.workingDir };
    return composePrompt(injectors, modifyingHooks.get('before_prompt_build'), reader, (what, error) =>
      this.#log.warn(`${what} failed: ${toError(error).message}`),
    );
  }

  async #guard({ tool, origin, args, caller }: InterceptedToolCall): Promise<JsonValue> {
    let fault: unknown;
    const payload = () => ({ sessionId: caller.session, toolCallId: caller.id, toolName: tool, args: structuredClone(args), origin });
    const merged = await runModifying(this.#registrations.modifyingHooks.get('before_tool_call'), payload, (error) => {
      fault ??= error;
      this.#log.warn(`a before_tool_call hook failed: ${toError(error).message}`);
    });
    if (typeof merged.error === 'string' && merged.error !== '') return { refuse: merged.error };
    if (fault !== undefined && this.contextParts.params.onGuardError === 'deny') throw toError(fault);
    const changed = toPlain(merged.args);
    return isJsonObject(changed) ? { args: changed } : null;
  }

  async #before(passing: InterceptedToolCall): Promise<JsonValue> {
    const meta = { toolName: passing.tool, toolCallId: passing.caller.id };
    const answer = await runBefore(this.#registrations.filters, passing, passing.args, this.#contextOf(passing), meta);
    return answer === null ? null : (toResult(answer) as unknown as JsonValue);
  }

  async #after(passing: InterceptedToolCall, result: ToolResult): Promise<JsonValue> {
    const meta = { toolName: passing.tool, toolCallId: passing.caller.id };
    const changed = await runAfter(this.#registrations.filters, passing, fromResult(result), this.#contextOf(passing), meta);
    const merged = mergeResult(result, changed);
    return merged === result ? null : (merged as unknown as JsonValue);
  }

  #contextOf({ caller }: InterceptedToolCall): object {
    return createToolContext(this.contextParts, { caller, signal: new AbortController().signal });
  }

  async #ended({ tool, origin, args, caller }: InterceptedToolCall, result: ToolResult, durationMs: number): Promise<null> {
    const { session: sessionId, profile: personalityId } = caller;
    await this.#fire('after_tool_call', { sessionId, toolName: tool, result: fromResult(result), durationMs, origin });
    const filePath = PATH_KEYS.map((key) => args[key]).find((value) => typeof value === 'string' && value !== '');
    if (filePath !== undefined) {
      const { workingDir } = this.contextParts.params;
      await this.#fire('tool_end_with_path', { sessionId, personalityId, toolName: tool, filePath, workingDir, origin });
    }
    return null;
  }

  async #session(sessionId: string, profile: string): Promise<null> {
    await this.#fire('session_start', { sessionId, sessionKey: `mcp:${profile}`, platform: 'mcp', personalityId: profile });
    return null;
  }

  #fire(hook: string, payload: object): Promise<void> {
    return runVoid(this.#registrations.voidHooks.get(hook), payload, (error) =>
      this.#log.warn(`a ${hook} hook failed: ${toError(error).message}`),
    );
  }

  async #prompt(name: string, raw: string, { session, profile }: JsonObject): Promise<string> {
    const found = this.#registrations.commands.get(name);
    if (!found || found.kind === 'run') throw new GatewayError('INVALID_PARAMS', `Unknown command: "${name}".`);
    if (found.kind === 'prompt') return fillPrompt(String(found.command.prompt), raw);
    const { workingDir } = this.contextParts.params;
    return runSlash(found.command, raw, {
      sessionId: session,
      sessionKey: `mcp:${profile}`,
      platform: 'mcp',
      personalityId: profile,
      workingDir,
    });
  }

  async #cacheKey(name: string, args: JsonObject): Promise<string | null> {
    const cache = this.#registrations.tools.get(name)?.cache as { keyFn?: (args: JsonObject) => unknown } | undefined;
    return cache?.keyFn ? String(await cache.keyFn(args)) : null;
  }
}
