import { describe, expect, it } from 'vitest';
import { LazyAbort } from '../../../src/core/lazy-abort.ts';

describe('LazyAbort', () => {
  it('tells listeners and the signal once, in whatever order they came', () => {
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

  it('gives a signal that has fired to whoever asks too late', () => {
    const abort = new LazyAbort();
    abort.abort('why');
    expect([abort.signal.aborted, abort.signal.reason]).toEqual([true, 'why']);
  });
});
