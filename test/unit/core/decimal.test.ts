import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLarger, isSameNumber } from '../../../src/core/json/decimal.ts';
import { ExactNumber } from '../../../src/core/json/exact-number.ts';

describe('exact comparison of numbers', { tags: ['numbers-exact'] }, () => {
  it.each<[string, string, boolean]>([
    ['1', '1.0', true],
    ['1', '+1', true],
    ['.5', '5e-1', true],
    ['1.', '1', true],
    ['-0', '0', true],
    ['10', '1e1', true],
    ['9007199254740993', '9007199254740992', false],
    ['1e400', '10e399', true],
    ['', '0', false],
    ['.', '0', false],
    ['x', 'x', false],
    ['1 ', '1', false],
  ])('isSameNumber(%s, %s) is %s', (a, b, same) => {
    expect([isSameNumber(a, b), isSameNumber(b, a)]).toEqual([same, same]);
  });

  it('distinguishes numbers that are equal as doubles', () => {
    const [small, large] = [new ExactNumber('9007199254740992'), new ExactNumber('9007199254740993')];
    expect([isLarger(large, small), isLarger(small, large), isLarger(small, 9007199254740992)]).toEqual([true, false, false]);
    expect([isLarger(0, new ExactNumber('-1.0')), isLarger(-2, new ExactNumber('-1.0'))]).toEqual([true, false]);
  });

  it('agrees with doubles on doubles', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ noNaN: true, noDefaultInfinity: true }), (a, b) => {
        expect(isLarger(new ExactNumber(String(a)), b)).toBe(a > b);
        expect(isSameNumber(String(a), String(b))).toBe(a === b);
      }),
    );
  });
});
