import { expect, it } from 'vitest';
import { localCaller } from '../../../src/core/contract/caller.ts';
import { ExactNumber, toJsonText } from '../../../src/core/json/exact-number.ts';
import { silentLog } from '../../../src/core/log.ts';
import { Call, silentClient } from '../../../src/gateway/call/call.ts';

it('progress is passed on with exact numbers, only if it increases', { tags: ['numbers-exact', 'progress-in-order'] }, () => {
  const sent: unknown[] = [];
  const call = new Call(localCaller(), { ...silentClient(silentLog), progress: (...report) => void sent.push(report.slice(0, 2)) });
  const exact = (text: string): ExactNumber => new ExactNumber(text);
  call.progress(exact('1.0'), exact('9007199254740995'));
  call.progress(1);
  call.progress(exact('1e0'));
  call.progress(9007199254740992);
  call.progress(exact('9007199254740993'), exact('NaN'));
  call.progress(exact('9007199254740992'));
  call.progress(exact('9007199254740994'), exact('1e999'));
  for (const faulty of ['NaN', 'Infinity', '1e999', '1'.repeat(2000)]) call.progress(exact(faulty));
  call.progress(Number.NaN);
  expect(toJsonText(sent)).toBe('[[1.0,9007199254740995],[9007199254740992,null],[9007199254740993,null],[9007199254740994,null]]');
});
