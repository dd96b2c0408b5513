import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/core/contract/caller.ts';
import { type ToolResult, textResult } from '../../../src/core/contract/content.ts';
import type { Middleware } from '../../../src/core/contract/middleware.ts';
import type { Manifest } from '../../../src/core/contract/plugin.ts';
import type { GatewayError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { Call, silentClient } from '../../../src/gateway/call/call.ts';
import { type ActiveMiddleware, runAround, runAuthorizers, runGuards, toInterceptedCall } from '../../../src/gateway/call/middleware.ts';
import { createSeenSessions } from '../../../src/gateway/session-tracker.ts';
import type { ToolEntry } from '../../../src/registry/catalogue/catalogue.ts';

const LIMITS = { timeoutMs: 60_000, capMs: 60_000 };
const plugin = (id: string): Manifest => ({ id, version: '1', adapter: 'test', origin: '', watch: [], digest: '' });
const entry = { name: 'notes_read', plugin: plugin('notes'), tool: { name: 'read', labels: ['toolset:web'] } } as unknown as ToolEntry;
const active = (id: string, steps: Partial<Middleware> | undefined): ActiveMiddleware => ({
  plugin: plugin(id),
  steps: steps && { onError: 'deny', ...steps },
});
const call = (limits = LIMITS) => {
  const context = new Call(localCaller(), silentClient(silentLog));
  return { context, limits, passing: toInterceptedCall(entry, { path: 'a' }, context) };
};
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'passed',
    (error: GatewayError) => error.code,
  );

describe('runGuards', () => {
  it('passes the original arguments to every guard; the first change wins', async () => {
    const seen: unknown[] = [];
    const changing = (path: string) => async (p: { args: unknown }) => {
      seen.push(p.args);
      return { args: { path } };
    };
    const all = [active('a', { guard: changing('b') }), active('b', { guard: changing('c') })];
    const { passing } = call();
    expect(await runGuards(passing, all, LIMITS)).toEqual({ path: 'b' });
    expect(seen).toEqual([{ path: 'a' }, { path: 'a' }]);
  });

  it('rejects with the message of the guard', async () => {
    const all = [active('a', { guard: async () => ({ refuse: 'not on Sundays' }) })];
    await expect(runGuards(call().passing, all, LIMITS)).rejects.toMatchObject({ code: 'DENIED', message: 'not on Sundays' });
  });

  it('denies if a guard fails, unless the guard declares otherwise', async () => {
    const failing = async () => {
      throw new Error('no disk');
    };
    expect(await codeOf(runGuards(call().passing, [active('a', { guard: failing })], LIMITS))).toBe('DENIED');
    expect(await codeOf(runGuards(call().passing, [active('a', { guard: failing, onError: 'allow' })], LIMITS))).toBe('passed');
  });

  it('denies everything while a guard is not ready', async () => {
    expect(await codeOf(runGuards(call().passing, [active('a', undefined)], LIMITS))).toBe('DENIED');
  });

  it('ends the call if a guard does not answer, even if its errors are ignored', async () => {
    const { context, passing } = call();
    const all = [active('a', { guard: () => new Promise(() => undefined), onError: 'allow' })];
    expect(await codeOf(runGuards(passing, all, { timeoutMs: 20, capMs: 20 }))).toBe('CALL_TIMEOUT');
    expect(context.aborted).toBe(true);
  });
});

describe('runAuthorizers', () => {
  it('passes to each the arguments from the one before', async () => {
    const seen: unknown[] = [];
    const authorize = async (p: { args: { path?: unknown } }) => {
      seen.push(p.args.path);
      return { args: { path: `${p.args.path}!` } };
    };
    const steps = { authorize } as unknown as Partial<Middleware>;
    expect(await runAuthorizers(call().passing, [active('a', steps), active('b', steps)], LIMITS)).toEqual({ path: 'a!!' });
    expect(seen).toEqual(['a', 'a!']);
  });
});

describe('runAround', () => {
  const textOf = (result: ToolResult) => (result.content[0] as { text: string }).text;

  it('uses the first answer from `before` instead of the tool, and runs every `after`', async () => {
    const ended: string[] = [];
    const all = [
      active('a', { before: async () => textResult('kept'), after: async (_, result) => textResult(`${textOf(result)} a`) }),
      active('b', { before: async () => textResult('never'), after: async (_, result) => textResult(`${textOf(result)} b`) }),
      active('c', { ended: (_, result) => void ended.push(textOf(result)) }),
    ];
    const result = await runAround(call().passing, all, silentLog, async () => textResult('tool'));
    expect(textOf(result)).toBe('kept a b');
    expect(ended).toEqual(['kept a b']);
  });

  it('runs only steps that apply to the tool', async () => {
    const all = [active('a', { appliesTo: ({ labels }) => labels.includes('toolset:fs'), before: async () => textResult('kept') })];
    expect(textOf(await runAround(call().passing, all, silentLog, async () => textResult('tool')))).toBe('tool');
  });

  it('does not fail the call if a listener throws', async () => {
    const all = [
      active('a', {
        ended: () => {
          throw new Error('no');
        },
      }),
    ];
    expect(textOf(await runAround(call().passing, all, silentLog, async () => textResult('tool')))).toBe('tool');
  });
});

describe('createSeenSessions', () => {
  it('reports each session as new once, and evicts the oldest', () => {
    const greetings = createSeenSessions(2);
    expect(['a', 'a', 'b', 'c', 'b', 'a'].map(greetings.isNew)).toEqual([true, false, true, true, false, true]);
  });
});
