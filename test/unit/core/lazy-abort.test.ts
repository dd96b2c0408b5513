import { describe, expect, it } from 'vitest';
import { LazyAbort } from '../../../src/core/abort/lazy-abort.ts';

describe('LazyAbort', () => {
  it('notifies listeners and the signal once, in any order of registration', () => {
    const abort = new LazyAbort();
    const seen: unknown[] = [];
    abort.onAbort((reason) => seen.push(['first', reason]));
    abort.signal.addEventListener('abort', () => seen.push('signal'));
    abort.onAbort((reason) => seen.push(['second', reason]));
    abort.abort('why');
    abort.abort('again');
    abort.onAbort((reason) => seen.push(['late', reason]));
    expect(seen).toEqual([['first', 'why'], ['second', 'why'], 'signal', ['late', 'why']]);
    expect(abort.reason).toBe('why');
  });

  it('returns an aborted signal after the abort', () => {
    const abort = new LazyAbort();
    abort.abort('why');
    expect([abort.signal.aborted, abort.signal.reason]).toEqual([true, 'why']);
  });
});
