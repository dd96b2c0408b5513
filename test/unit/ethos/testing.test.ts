import { describe, expect, it } from 'vitest';
import { createTestRuntime, mockLLM, mockTool } from '../../../adapters/ethos/sdk/testing.ts';

type Event = Record<string, unknown> & { type: string };

async function collect(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('the testing stand-in', () => {
  it('runs the documented example', async () => {
    const loop = createTestRuntime({ llm: mockLLM(['Hello!']) });
    let text: unknown;
    for await (const event of loop.run('hi')) if (event.type === 'done') text = event.text;
    expect(text).toBe('Hello!');
  });

  it('streams the responses in order and starts again', async () => {
    const llm = mockLLM(['Hello!', 'Goodbye.']);
    const texts: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const chunks = await collect(llm.complete([], [], {}));
      expect(chunks.at(-1)).toEqual({ type: 'done', finishReason: 'end_turn' });
      texts.push(chunks[0]?.text);
    }
    expect(texts).toEqual(['Hello!', 'Goodbye.', 'Hello!']);
  });

  it('creates tools that always return the same result', async () => {
    expect(await mockTool('greeter', 'Hello, world!').execute({}, {})).toEqual({ ok: true, value: 'Hello, world!' });
    const failed = { ok: false, error: 'boom', code: 'execution_failed' };
    expect(await mockTool('fail', failed).execute({}, {})).toEqual(failed);
  });

  it('calls the tools that the model requests, with hooks before and after', async () => {
    const loop = createTestRuntime({
      llm: mockLLM([{ tool: 'greeter', args: { name: 'x' } }, { tool: 'greeter' }, 'Done.']),
      tools: [mockTool('greeter', 'hi')],
    });
    const ended: unknown[] = [];
    loop.hooks.registerModifying('before_tool_call', async (call) =>
      'name' in (call as { args: object }).args ? { args: { name: 'y' } } : { error: 'no name' },
    );
    loop.hooks.registerVoid('after_tool_call', async ({ toolName }: { toolName?: string }) => ended.push(toolName));
    const events = await collect(loop.run('go'));
    expect(events.filter((e) => e.type === 'tool_start').map((e) => e.args)).toEqual([{ name: 'y' }, {}]);
    expect(events.filter((e) => e.type === 'tool_end').map((e) => [e.ok, e.result])).toEqual([
      [true, 'hi'],
      [false, 'no name'],
    ]);
    expect(ended).toEqual(['greeter']);
    expect(events.at(-1)).toEqual({ type: 'done', text: 'Done.', turnCount: 3 });
  });

  it("adds injected text to the model's prompt", async () => {
    let system: unknown;
    const llm = mockLLM(['ok']);
    const listening = {
      ...llm,
      complete(messages: never, tools: never, options: { system?: unknown }) {
        system = options.system;
        return llm.complete(messages, tools, options);
      },
    };
    const inject = (content: string, position?: string) => async () => ({ content, ...(position ? { position } : {}) });
    const injectors = [
      { priority: 1, inject: inject('low') },
      { priority: 9, inject: inject('high') },
      { priority: 5, inject: inject('top', 'prepend') },
      { shouldInject: () => false, inject: inject('never') },
    ];
    await collect(createTestRuntime({ llm: listening, injectors }).run('hi'));
    expect(system).toBe('top\n\nhigh\n\nlow');
  });
});
