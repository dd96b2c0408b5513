import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPlain, toPlainResult } from '../../../src/core/json/plain.ts';

describe('toPlain', () => {
  it('returns plain JSON unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => void expect(toPlain(value)).toEqual(JSON.parse(JSON.stringify(value)))),
    );
  });

  it('returns JSON for any value and never throws', { tags: ['F53'] }, () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true }),
        (value) => {
          const text = JSON.stringify(toPlain(value));
          expect(JSON.parse(text)).toEqual(toPlain(value));
        },
      ),
    );
  });

  it.each([
    [10n, '10'],
    [Number.NaN, null],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'Invalid Date'],
    [Buffer.from('hi'), 'aGk='],
    [new Map([['a', 1n]]), { a: '1' }],
    [new Set([1, 2]), [1, 2]],
    [new TypeError('no'), { name: 'TypeError', message: 'no' }],
    [{ a: undefined, f: () => 1, s: Symbol('x'), b: 1 }, { b: 1 }],
    [
      [undefined, () => 1],
      [null, null],
    ],
    [{ toJSON: () => 'mine' }, 'mine'],
    [undefined, null],
  ])('converts %s', (value, expected) => {
    expect(toPlain(value)).toEqual(expected);
  });

  it('marks cycles, depth and unreadable properties', { tags: ['F53'] }, () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(toPlain(circle)).toEqual({ self: '[circular]' });
    let deep: unknown = 'bottom';
    for (let i = 0; i < 6000; i++) deep = [deep];
    expect(JSON.stringify(toPlain(deep))).toContain('[too deep]');
    expect(
      toPlain({
        get bad() {
          throw new Error('no');
        },
      }),
    ).toEqual({ bad: '[unreadable: no]' });
    expect(
      toPlain({
        toJSON: () => {
          throw new Error('no');
        },
      }),
    ).toBe('[unreadable: no]');
    expect(
      toPlain(
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('trap');
            },
          },
        ),
      ),
    ).toBe('[unreadable: trap]');
  });

  it('copies a shared value at each position', () => {
    const shared = { x: 1 };
    expect(toPlain([shared, shared])).toEqual([{ x: 1 }, { x: 1 }]);
  });
});

describe('toPlainResult', () => {
  it.each([Number.NaN, [Number.POSITIVE_INFINITY], { a: new Map([['b', new Set([-Number.POSITIVE_INFINITY])]]) }])(
    'rejects %s',
    { tags: ['numbers-faulty'] },
    (value) => {
      expect(() => toPlainResult(value)).toThrow(expect.objectContaining({ code: 'RESULT_INVALID' }));
      expect(toPlain(value)).not.toBeUndefined();
    },
  );

  it('equals toPlain for all other values', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void expect(toPlainResult(value)).toEqual(toPlain(value))));
  });
});
