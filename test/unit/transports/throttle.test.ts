import { describe, expect, it } from 'vitest';
import { createThrottle } from '../../../src/transports/edge/throttle.ts';

describe('createThrottle', () => {
  it('rejects failures of an address over the limit per minute, and resets after that minute', { tags: ['login-rate'] }, () => {
    let time = 0;
    const throttle = createThrottle(
      () => 3,
      () => time,
    );
    const tries = Array.from({ length: 5 }, (_, i) => throttle.failed('192.0.2.1', `wrong ${i}`));
    expect(tries).toEqual([undefined, undefined, undefined, 60_000, 60_000]);
    expect(throttle.failed('192.0.2.2', 'wrong 9')).toBeUndefined();
    time = 59_999;
    expect(throttle.failed('192.0.2.1', 'wrong 10')).toBe(1);
    time = 60_000;
    expect(throttle.failed('192.0.2.1', 'wrong 11')).toBeUndefined();
  });

  it('counts one wrong token across all addresses', { tags: ['login-rate'] }, () => {
    const throttle = createThrottle(
      () => 3,
      () => 0,
    );
    const tries = Array.from({ length: 5 }, (_, i) => throttle.failed(`192.0.2.${i}`, 'the same'));
    expect(tries).toEqual([undefined, undefined, undefined, 60_000, 60_000]);
    expect(throttle.failed('192.0.2.0', 'another')).toBeUndefined();
  });

  it('applies a changed limit', { tags: ['login-rate'] }, () => {
    let most = 1;
    const throttle = createThrottle(
      () => most,
      () => 0,
    );
    expect([throttle.failed('a', '1'), throttle.failed('a', '2')]).toEqual([undefined, 60_000]);
    most = 2;
    expect([throttle.failed('a', '3'), throttle.failed('a', '4')]).toEqual([undefined, 60_000]);
  });

  it('stays small under many addresses, and keeps the newest', { tags: ['login-rate', 'T23'] }, () => {
    const throttle = createThrottle(
      () => 1,
      () => 0,
    );
    for (let i = 0; i < 50_000; i++) {
      throttle.failed(`2001:db8::${i.toString(16)}`, `wrong ${i}`);
      if (throttle.size > 10_000) throw new Error(`${throttle.size} are remembered`);
    }
    expect(throttle.failed(`2001:db8::${(49_999).toString(16)}`, 'fresh')).toBe(60_000);
    expect(throttle.failed('2001:db8::0', 'fresh too')).toBeUndefined();
  });
});
