import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SessionStream } from '../../../src/mcp/legacy/session-stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const NOWHERE = { write: () => undefined };

function lostStream(priming: boolean, started: boolean) {
  const stream = new SessionStream(NOWHERE, priming, () => 's1');
  let lost = 0;
  stream.onLost(() => lost++);
  if (started) stream.write({ bytes: '{}', last: false });
  stream.lost(NOWHERE);
  return { stream, lost: () => lost };
}

it('a client that disconnects is lost at once if it cannot resume, otherwise after a while', { tags: ['approval-console'] }, () => {
  expect([lostStream(false, true).lost(), lostStream(true, false).lost()]).toEqual([1, 1]);
  const resumed = lostStream(true, true);
  const away = lostStream(true, true);
  vi.advanceTimersByTime(4_000);
  resumed.stream.resume({ write: () => undefined }, 0);
  expect(away.lost()).toBe(0);
  vi.advanceTimersByTime(2_000);
  expect([resumed.lost(), away.lost()]).toEqual([0, 1]);
});
