import { describe, expect, it } from 'vitest';
import { classifyFailure } from '../../../../adapters/mcp/connection/failures.ts';
import { createReadingFetch } from '../../../../adapters/mcp/connection/reading-fetch.ts';
import type { GatewayError } from '../../../../src/core/errors.ts';

const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('a request that could not be written', () => {
  it.each<[string, unknown]>([
    ['a name that no header can have', thrownBy(() => new Headers({ 'a b': 'x' }))],
    ['a value that no header can have', thrownBy(() => new Headers({ a: 'x\ny' }))],
    ['a value beyond bytes', thrownBy(() => new Headers({ a: '\u{100}' }))],
    ['a text that grows too long', thrownBy(() => 'x'.repeat(2 ** 30))],
    [
      'what the HTTP client refuses',
      new TypeError('fetch failed', { cause: Object.assign(new Error('invalid'), { code: 'UND_ERR_INVALID_ARG' }) }),
    ],
  ])('was not sent, and its connection stays open: %s', { tags: ['header-tools'] }, (_, thrown) => {
    for (const apart of [true, false]) {
      const { error, ends } = classifyFailure(thrown, { session: true, apart });
      expect([ends, (error as GatewayError).outcome]).toEqual([undefined, 'NOT_SENT']);
    }
  });

  it('is recognized by the error of fetch', async () => {
    const sink = { take: () => undefined, lost: () => undefined, answered: () => undefined, ended: () => undefined };
    const reading = createReadingFetch(1_000, sink);
    const error = await reading('http://127.0.0.1:1/', { method: 'BAD METHOD' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ outcome: 'NOT_SENT' });
    expect(classifyFailure(error, { session: true, apart: false }).ends).toBeUndefined();
    const lost = await reading('http://127.0.0.1:1/', {}).catch((thrown) => thrown);
    expect(lost).toBeInstanceOf(TypeError);
  });
});
