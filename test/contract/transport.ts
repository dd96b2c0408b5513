import { beforeAll, describe, expect, it } from 'vitest';
import { connect, type Generation, type Target, type TestClient } from '../support/clients.ts';
import { define, type TestParts } from '../support/define.ts';
import { until } from '../support/processes.ts';
import { type AtEnd, endsAfterAll } from '../support/temp.ts';

/** What a transport provides for the contract. */
export interface TransportSuite {
  readonly name: string;
  /** Starts a gateway with the fixture plugin `plain`. Returns where clients connect. */
  serve(atEnd: AtEnd): Promise<Target>;
  /** The client generations that support this transport. */
  readonly generations: readonly Generation[];
  readonly skip?: readonly { readonly reason: string; readonly tests: readonly string[]; readonly generations?: readonly Generation[] }[];
}

/** Tests the requirements for every transport, with real clients of every generation. */
export function testTransport({ name, serve, generations, skip = [] }: TransportSuite): void {
  describe.each(generations)(`transport contract: ${name}, client %s`, (generation) => {
    const test = (title: string, ...rest: TestParts): void => {
      const reason = skip.find((s) => s.tests.includes(title) && (s.generations?.includes(generation) ?? true))?.reason;
      if (reason === undefined) define(title, ...rest);
      else it.skip(`${title} (${reason})`, () => undefined);
    };

    const modern = name !== 'HTTP+SSE' && (generation === 'v2 modern' || generation === 'v2 auto');
    const atEnd = endsAfterAll();
    let target: Target;
    // For tests of single calls, which leave no state: over stdio each client starts a process.
    let shared: TestClient;
    beforeAll(async () => {
      target = await serve(atEnd);
      shared = await connect(generation, target, {}, atEnd);
    });

    test('lists the tools', { tags: ['tools-list'] }, async () => {
      expect(await shared.list()).toEqual([
        'echo',
        'count',
        'log',
        'wait',
        'cancelled',
        'change',
        'ask',
        'visit',
        'think',
        'roots',
        'twice',
        'structured',
        'circular',
      ]);
    });

    test('calls a tool', { tags: ['tools-call'] }, async () => {
      expect((await shared.call('echo', { message: 'hello' })).content).toEqual([{ type: 'text', text: 'hello' }]);
    });

    test('answers a hundred concurrent calls, each with its own result', { tags: ['tools-call'] }, async () => {
      const messages = Array.from({ length: 100 }, (_, i) => `message ${i}`);
      const results = await Promise.all(messages.map((message) => shared.call('echo', { message })));
      expect(results.map((r) => r.content[0]?.text)).toEqual(messages);
    });

    test('reports progress in order, then answers', { tags: ['progress-in-order'] }, async () => {
      const seen: number[] = [];
      const result = await shared.call('count', { to: 5 }, { onprogress: ({ progress }) => void seen.push(progress) });
      expect(result.content[0]?.text).toBe('counted to 5');
      expect(seen).toEqual([1, 2, 3, 4, 5]);
    });

    test('passes log lines from the requested level', { tags: ['logging-from-level'] }, async () => {
      const client = await connect(generation, target);
      if (modern) await client.call('log', {}, { logLevel: 'error' });
      else {
        await client.raw.setLoggingLevel('error');
        await client.call('log');
      }
      await until('the line arrives', () => client.logs().length > 0);
      expect(client.logs()).toEqual(['an error line']);
    });

    test('cancels a call', { tags: ['cancel-reaches-tool'] }, async () => {
      const client = await connect(generation, target);
      const abort = new AbortController();
      const pending = client.call('wait', { ms: 60_000 }, { signal: abort.signal });
      setTimeout(() => abort.abort(new Error('enough')), 100);
      await expect(pending).rejects.toThrow();
      await until('the tool is told', async () => (await client.call('cancelled')).content[0]?.text !== '0');
    });

    test('notifies of changed tools, once per change', { tags: ['tools-list-changed'] }, async () => {
      const client = await connect(generation, target);
      await client.call('change');
      await until('the notification arrives', () => client.changes() > 0);
      expect(await client.list()).toContain('added');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(client.changes()).toBe(1);
      await client.call('change');
      await until('the second notification arrives', () => client.changes() === 2);
    });

    test('transfers a megabyte in both directions', { tags: ['transport-large'] }, async () => {
      const message = 'payload, "quoted"; '.repeat(56_000);
      expect((await shared.call('echo', { message })).content[0]?.text).toBe(message);
    });

    test('serves prompts, resources and completion', {
      tags: ['prompts-serve', 'resources-serve', 'resources-unknown', 'completion-serves'],
    }, async () => {
      const { raw } = shared;
      const { prompts } = await raw.listPrompts();
      expect(prompts.map((p) => p.name)).toEqual(['greet', 'plain_instructions', 'approvals']);
      const greeting = await raw.getPrompt({ name: 'greet', arguments: { who: 'Ada' } });
      expect(greeting.messages[0]?.content).toMatchObject({ type: 'text', text: 'Hello, Ada!' });
      const { completion } = await raw.complete({ ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: 'a' } });
      expect(completion.values).toEqual(['Ada', 'Alan']);
      expect((await raw.listResources()).resources.map((r) => r.uri)).toEqual(['plain://text', 'plugin://plain/instructions']);
      expect((await raw.listResourceTemplates()).resourceTemplates.map((t) => t.uriTemplate)).toEqual(['plain://item/{id}']);
      expect((await raw.readResource({ uri: 'plain://item/7' })).contents[0]).toMatchObject({ text: 'item 7' });
      await expect(raw.readResource({ uri: 'plain://item/none' })).rejects.toMatchObject({
        code: -32602,
        data: { uri: 'plain://item/none' },
      });
      await expect(raw.getPrompt({ name: 'greet' })).rejects.toMatchObject({ code: -32602 });
      // The oldest clients do not support instructions.
      expect(raw.getInstructions?.() ?? 'Plain instructions.').toContain('Plain instructions.');
    });

    test('returns a protocol error for an unknown tool, and a failed result for an invalid one', {
      tags: ['tools-unknown', 'tool-errors-in-band', 'F53'],
    }, async () => {
      await expect(shared.call('ecko')).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('echo') });
      const bad = await shared.call('circular');
      expect(bad.isError).toBe(true);
      expect(bad._meta?.['plugmux/error']).toMatchObject({ code: 'RESULT_INVALID' });
    });

    test('sends structured data other than objects only to modern clients', { tags: ['tool-content-by-revision'] }, async () => {
      expect((await shared.call('structured')).structuredContent).toEqual(modern ? [1, 2] : undefined);
    });
  });
}
