import { describe, expect, it } from 'vitest';
import { createRecentCalls } from '../../../../src/gateway/stats/recent-calls.ts';

const record = (tool: string, more: object = {}) => ({
  caller: '"principal":"local","profile":"default","transport":"http","client":"probe","era":"modern"',
  tool: `"plugin":"notes","tool":"${tool}","surface":"0123"`,
  args: { secret: 'x' },
  outcome: 'ok' as const,
  ms: 1.26,
  bytes: 12,
  ...more,
});

describe('createRecentCalls', () => {
  it('keeps the words of the audit record, and arguments only if they are given', () => {
    const calls = createRecentCalls();
    calls.push(record('read'), {}, 1_000);
    calls.push(
      record('write', { outcome: 'error', code: 'PLUGIN_FAILED', consent: 'once', by: 'console:local' }),
      { ref: 'ab', shown: { a: 1 } },
      2_000,
    );
    expect(calls.list(() => true, Number.POSITIVE_INFINITY, 10)).toEqual([
      {
        seq: 2,
        time: 2_000,
        principal: 'local',
        profile: 'default',
        transport: 'http',
        client: 'probe',
        era: 'modern',
        plugin: 'notes',
        tool: 'write',
        outcome: 'error',
        code: 'PLUGIN_FAILED',
        consent: 'once',
        by: 'console:local',
        ms: 1.3,
        bytes: 12,
        ref: 'ab',
        arguments: { a: 1 },
      },
      expect.not.objectContaining({ arguments: expect.anything() }),
    ]);
  });

  it('drops the oldest calls, finds earlier ones by number, and leaves out large arguments', () => {
    const calls = createRecentCalls(3);
    for (let n = 1; n <= 5; n++) calls.push(record(`tool${n}`), { shown: { text: 'x'.repeat(n === 5 ? 20_000 : 1) } }, n);
    const seqs = (before: number) => calls.list(() => true, before, 10).map(({ seq }) => seq);
    expect(seqs(Number.POSITIVE_INFINITY)).toEqual([5, 4, 3]);
    expect(seqs(5)).toEqual([4, 3]);
    expect(seqs(3)).toEqual([]);
    expect(calls.oldest()).toBe(3);
    expect(calls.list(({ tool }) => tool === 'tool4', 99, 10).map(({ seq }) => seq)).toEqual([4]);
    expect(calls.list(() => true, 99, 1)[0]).not.toHaveProperty('arguments');
  });
});
