import { describe, expect, it } from 'vitest';
import { identify, relatives } from '../../../src/host/process/process-tree.ts';

describe('the relatives of a process', () => {
  it('are none if the program never started: group 0 and process 1 belong to the system', () => {
    expect(relatives({ pid: 0, start: '' }, 'no-such-mark')).toEqual([]);
    expect(relatives({ pid: 1, start: identify(1)?.start ?? '' }, 'no-such-mark')).toEqual([]);
  });
});
