import { createHooks, type Hooks } from './test-hooks.ts';
import { createTools, type Result, type TestTool, type Tools } from './test-tools.ts';

// Stand-in for "@ethosagent/plugin-sdk/testing": a small agent loop for plugin tests. It imports nothing from the host.

type Chunk = Record<string, unknown> & { readonly type: string };
type Message = { readonly role: 'user' | 'assistant'; readonly content: unknown };

interface Llm {
  readonly model?: string;
  complete(messages: readonly Message[], tools: readonly object[], options: object): AsyncIterable<Chunk>;
}

/** One response of the mock: a text, or a tool call. */
export type MockAnswer = string | { readonly tool: string; readonly args?: object };

const MAX_TURNS = 25;

/** A mock model that returns the given responses in order, and starts again after the last. */
export function mockLLM(answers: readonly MockAnswer[]): Llm & Record<string, unknown> {
  let calls = 0;
  return {
    name: 'mock',
    model: 'mock-model',
    maxContextTokens: 200_000,
    supportsCaching: false,
    supportsThinking: false,
    async *complete() {
      const answer = answers[calls % answers.length] ?? '';
      const toolCallId = `mock-${++calls}`;
      if (typeof answer === 'string') {
        if (answer !== '') yield { type: 'text_delta', text: answer };
        yield { type: 'done', finishReason: 'end_turn' };
        return;
      }
      const inputJson = JSON.stringify(answer.args ?? {});
      yield { type: 'tool_use_start', toolCallId, toolName: answer.tool };
      yield { type: 'tool_use_delta', toolCallId, partialJson: inputJson };
      yield { type: 'tool_use_end', toolCallId, inputJson };
      yield { type: 'done', finishReason: 'tool_use' };
    },
    countTokens: async () => 10,
  };
}

/** A tool that always returns the same result. */
export function mockTool(name: string, result: string | object): TestTool {
  const answer = typeof result === 'string' ? { ok: true, value: result } : result;
  return {
    name,
    description: `Always answers the same (${name}).`,
    schema: { type: 'object', properties: {} },
    capabilities: {},
    execute: async () => answer,
  };
}

/** Configuration of a test loop; only the model is required. */
export interface TestConfig {
  readonly llm: Llm;
  readonly tools?: Tools | readonly TestTool[];
  readonly hooks?: Hooks;
  readonly injectors?: Injector[];
  readonly [more: string]: unknown;
}

interface Injector {
  readonly priority?: number;
  shouldInject?(ctx: object): boolean;
  inject(ctx: object): Promise<{ content: string; position?: string } | null>;
}

/** An agent loop that calls the model and its tools, with hooks and injectors. */
export function createTestRuntime(config: TestConfig) {
  const tools = createTools(config.tools);
  const hooks = config.hooks ?? createHooks();
  const injectors = config.injectors ?? [];
  const { llm } = config;

  async function composeSystem(ctx: { readonly sessionId: string }): Promise<string> {
    const parts: string[] = [];
    for (const injector of [...injectors].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0))) {
      if (injector.shouldInject && !injector.shouldInject(ctx)) continue;
      const added = await injector.inject(ctx);
      if (!added) continue;
      if (added.position === 'prepend') parts.unshift(added.content);
      else parts.push(added.content);
    }
    const said = await hooks.fireModifying('before_prompt_build', { sessionId: ctx.sessionId, history: [] });
    if (said.overrideSystem !== undefined) return String(said.overrideSystem);
    return [said.prependSystem, ...parts, said.appendSystem].filter((part) => typeof part === 'string' && part !== '').join('\n\n');
  }

  async function* useTool(sessionId: string, toolCallId: string, toolName: string, inputJson: string): AsyncGenerator<Chunk, Message> {
    const given = JSON.parse(inputJson === '' ? '{}' : inputJson) as object;
    const said = await hooks.fireModifying('before_tool_call', { sessionId, toolCallId, toolName, args: given });
    const args = (said.args ?? given) as object;
    yield { type: 'tool_start', toolCallId, toolName, args };
    const started = performance.now();
    const refused: Result | undefined =
      typeof said.error === 'string' ? { ok: false, error: said.error, code: 'execution_failed' } : undefined;
    const progress: Chunk[] = [];
    const emit = (event: object): void => void progress.push({ audience: 'internal', ...event, type: 'tool_progress' });
    const result = refused ?? (await tools.execute(toolName, args, { sessionId, toolCallId, emit }));
    yield* progress;
    const durationMs = Math.round(performance.now() - started);
    const text = result.ok ? String(result.value) : String(result.error);
    const more = result.ok ? {} : { error: text };
    yield { type: 'tool_end', toolCallId, toolName, ok: result.ok === true, durationMs, result: text, ...more };
    if (!refused) await hooks.fireVoid('after_tool_call', { sessionId, toolName, result, durationMs });
    return { role: 'user', content: [{ type: 'tool_result', tool_use_id: toolCallId, content: text, is_error: result.ok !== true }] };
  }

  async function* run(text: string, options: { readonly sessionKey?: string } = {}): AsyncGenerator<Chunk> {
    const sessionId = options.sessionKey ?? 'test';
    await hooks.fireVoid('session_start', { sessionId, sessionKey: sessionId, platform: 'test' });
    yield { type: 'run_start', provider: 'mock', model: llm.model ?? 'mock-model', source: 'global' };
    const messages: Message[] = [{ role: 'user', content: text }];
    let answer = '';
    for (let turn = 1; turn <= MAX_TURNS; turn++) {
      const ctx = { sessionId, sessionKey: sessionId, platform: 'test', model: llm.model, history: [], isDm: true, turnNumber: turn };
      const system = await composeSystem(ctx);
      await hooks.fireVoid('before_llm_call', { sessionId, turnNumber: turn });
      const wanted: { id: string; name: string; input: string }[] = [];
      let said = '';
      for await (const chunk of llm.complete(messages, tools.definitions(), { system })) {
        if (chunk.type === 'text_delta') {
          said += String(chunk.text);
          yield chunk;
        } else if (chunk.type === 'tool_use_start') wanted.push({ id: String(chunk.toolCallId), name: String(chunk.toolName), input: '' });
        else if (chunk.type === 'tool_use_end') {
          const use = wanted.find(({ id }) => id === chunk.toolCallId);
          if (use) use.input = String(chunk.inputJson);
        }
      }
      answer += said;
      await hooks.fireVoid('after_llm_call', { sessionId, text: said });
      const uses = wanted.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input: JSON.parse(input === '' ? '{}' : input) }));
      messages.push({ role: 'assistant', content: uses.length > 0 ? [{ type: 'text', text: said }, ...uses] : said });
      if (wanted.length === 0) {
        await hooks.fireVoid('agent_done', { sessionId, text: answer, turnCount: turn });
        yield { type: 'done', text: answer, turnCount: turn };
        return;
      }
      for (const { id, name, input } of wanted) messages.push(yield* useTool(sessionId, id, name, input));
    }
    yield { type: 'error', error: `The model still calls tools after ${MAX_TURNS} turns.`, code: 'too_many_turns' };
  }

  return { run, tools, hooks, injectors };
}
