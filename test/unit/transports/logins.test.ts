import { describe, expect, it } from 'vitest';
import { createLogins, digestOf, type Logins } from '../../../src/transports/edge/logins.ts';

const ADA = { token: 'ada-0123456789abcdef', principal: 'ada', scopes: ['use'] };
const BOB = { token: 'bob-0123456789abcdef', principal: 'bob', scopes: [] };
const BOB_TOO = { token: 'bob-2-0123456789abcdef', principal: 'bob', scopes: [] };

const callerOf = (logins: Logins, token: string, profile = 'default') => {
  const login = logins.find(digestOf(token));
  return login && logins.callerOf(login, profile);
};

describe('createLogins', () => {
  it('keeps the callers of unchanged tokens, in any order', { tags: ['reload-logins'] }, () => {
    const logins = createLogins([ADA, BOB]);
    const before = [callerOf(logins, ADA.token), callerOf(logins, ADA.token, 'other'), callerOf(logins, BOB.token)];
    expect(logins.applyTokens([{ ...BOB }, BOB_TOO, { ...ADA, scopes: ['use'] }])).toBe(false);
    expect([callerOf(logins, ADA.token), callerOf(logins, ADA.token, 'other'), callerOf(logins, BOB.token)]).toEqual(before);
    for (const [i, caller] of before.entries()) {
      expect([callerOf(logins, ADA.token), callerOf(logins, ADA.token, 'other'), callerOf(logins, BOB.token)][i]).toBe(caller);
      expect(logins.isRevoked(caller as never)).toBe(false);
    }
  });

  it.each([
    ['removed', []],
    ['replaced by another token of its principal', [BOB_TOO]],
    ["another principal's", [{ ...BOB, principal: 'eve' }]],
    ['bound to a profile', [{ ...BOB, profile: 'small' }]],
    ['given another scope', [{ ...BOB, scopes: ['admin'] }]],
  ])('revokes the callers of a token that is %s, and of no other', (_, rest) => {
    const logins = createLogins([ADA, BOB, BOB_TOO]);
    const [ada, bob, other, too] = [ADA.token, BOB.token, BOB.token, BOB_TOO.token].map((token, i) =>
      callerOf(logins, token, i === 2 ? 'other' : 'default'),
    );
    expect(logins.applyTokens([ADA, BOB_TOO, ...rest.filter(({ token }) => token !== BOB_TOO.token)])).toBe(true);
    expect([ada, bob, other, too].map((caller) => logins.isRevoked(caller as never))).toEqual([false, true, true, false]);
    // A token that is added again is another login.
    logins.applyTokens([ADA, BOB]);
    expect(callerOf(logins, BOB.token)).not.toBe(bob);
    expect(logins.isRevoked(bob as never)).toBe(true);
  });

  it('revokes anonymous callers once there is a token', { tags: ['reload-logins'] }, () => {
    const logins = createLogins([]);
    const nobody = logins.callerOf(logins.anonymous as never, 'default');
    expect(nobody.anonymous).toBe(true);
    expect(logins.applyTokens([])).toBe(false);
    expect(logins.isRevoked(nobody)).toBe(false);
    expect(logins.applyTokens([ADA])).toBe(true);
    expect([logins.anonymous, logins.isRevoked(nobody)]).toEqual([undefined, true]);
  });
});
