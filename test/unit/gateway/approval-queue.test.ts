import { expect, it } from 'vitest';
import { localCaller } from '../../../src/core/contract/caller.ts';
import { ExactNumber } from '../../../src/core/json/exact-number.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createRedactor } from '../../../src/core/secrets/redact.ts';
import { createApprovalQueue } from '../../../src/gateway/approval/approval-queue.ts';
import type { ApprovalPrompt } from '../../../src/gateway/approval/approvals.ts';
import { createConsolePresence } from '../../../src/gateway/approval/console-presence.ts';
import { Call, silentClient } from '../../../src/gateway/call/call.ts';

const promptOf = (args: JsonObject, preview: string): ApprovalPrompt => ({
  call: new Call(localCaller(), { ...silentClient(silentLog), clientName: 'a client that knows the secret' }),
  tool: { approvalSource: 'format', hints: { destructive: true }, entry: { name: 'x', plugin: { id: 'p' }, tool: {} } } as never,
  args,
  shown: 'digest',
  surface: 'surface',
  offered: ['once'],
  preview,
  question: () => {
    throw new Error('no form is needed');
  },
  ticket: () => '',
});

it('shows exact numbers as they were sent, and no secret', { tags: ['approval-console'] }, () => {
  const redactor = createRedactor();
  redactor.add('the secret');
  const queue = createApprovalQueue(
    { limits: { askMs: 1000 }, redactor, catalogue: () => ({ tools: new Map() }), placeOf: () => 'mcp.json:1:2' },
    () => 5,
  );
  queue.presence.used(queue, { visible: false, notices: true });
  const n = new ExactNumber('9007199254740993');
  void queue.prompt(promptOf({ n, key: 'the secret' }, 'sends the secret'))?.catch(() => undefined);
  const [entry] = queue.waiting();
  expect(entry).toMatchObject({ since: 5, until: 1005, hints: { destructive: true }, title: 'x', shown: 'digest' });
  expect(entry?.arguments.n).toBe(n);
  expect(JSON.stringify(entry)).not.toContain('the secret');
});

it('counts a console whose page is visible, was used within 5 minutes or may show notices', { tags: ['approval-console'] }, () => {
  let now = 0;
  const presence = createConsolePresence(() => now);
  const [visible, hidden, quiet] = [{}, {}, {}];
  const after = (minutes: number): boolean => {
    now += minutes * 60_000;
    return presence.isThere();
  };
  expect(after(0)).toBe(false);
  presence.used(hidden, { visible: false, notices: false });
  expect([after(0), after(4.9), after(0.2)]).toEqual([true, true, false]);
  presence.used(quiet, { visible: false, notices: true });
  expect(after(600)).toBe(true);
  presence.left(quiet);
  expect([after(0.2), after(0.1)]).toEqual([true, false]);
  presence.used(visible, { visible: true, notices: false });
  expect(after(600)).toBe(true);
  presence.used(visible, { visible: false, notices: false });
  expect([after(4), after(2)]).toEqual([true, false]);
  presence.left(visible);
  presence.left(hidden);
  expect(after(0)).toBe(false);
});
