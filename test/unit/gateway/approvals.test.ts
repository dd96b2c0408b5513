import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/core/contract/caller.ts';
import type { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createRedactor } from '../../../src/core/secrets/redact.ts';
import { createApprovals, promptClient } from '../../../src/gateway/approval/approvals.ts';
import { Call, silentClient } from '../../../src/gateway/call/call.ts';
import type { VisibleTool } from '../../../src/gateway/view/visible-tool.ts';
import { createGrants } from '../../../src/policy/grants.ts';
import type { ApprovalSource } from '../../../src/policy/policy.ts';
import { createTickets } from '../../../src/policy/tickets.ts';
import { createStore, type Store } from '../../../src/store/store.ts';
import { tempFolder } from '../../support/temp.ts';

const toolOf = (approvalSource: ApprovalSource = 'format', description = 'Erases') =>
  ({
    approvalSource,
    entry: { name: 'notes_erase', description, input: {}, plugin: { id: 'notes' }, tool: { name: 'erase' } },
  }) as unknown as VisibleTool;

/** An app with a user who always gives the same answer, and the count of questions. */
function app(answer: JsonObject, store: Store = createStore(tempFolder())) {
  const redactor = createRedactor();
  redactor.add('a secret of the gateway');
  const approvals = createApprovals(
    createTickets(store, () => 1000),
    createGrants(store),
    redactor,
    [promptClient],
  );
  const asked: unknown[] = [];
  const obtain = (tool: VisibleTool, session = 's1', stateless = false, args: JsonObject = { what: 'x' }) => {
    const ask = async (questions: unknown) => {
      asked.push(questions);
      return { approval: answer };
    };
    const call = new Call(localCaller(), { ...silentClient(silentLog), session, stateless, answerableKinds: ['form'], ask });
    const pending = approvals.obtain({ tool, sent: { what: 'x' }, args, call, returned: undefined });
    return pending.then((approved) => approved?.consent).catch((e: GatewayError) => e.code);
  };
  return { obtain, asked };
}

const accept = (decision: string): JsonObject => ({ action: 'accept', content: { decision } });

describe('createApprovals', () => {
  it('stores an approval for one session only', async () => {
    const { obtain, asked } = app(accept('Allow for this session'));
    expect([await obtain(toolOf()), await obtain(toolOf()), asked.length]).toEqual(['session', 'session', 1]);
    await obtain(toolOf(), 's2');
    expect(asked).toHaveLength(2);
  });

  it('asks again for a tool that has changed since it was allowed', { tags: ['approval-remembered'] }, async () => {
    for (const decision of ['Allow for this session', 'Always allow']) {
      const { obtain, asked } = app(accept(decision));
      await obtain(toolOf('format', 'Erases'));
      await obtain(toolOf('format', 'Erases without notice'));
      expect(asked).toHaveLength(2);
    }
  });

  it('asks again after the operator has set "ask"', async () => {
    const { obtain, asked } = app(accept('Always allow'));
    expect([await obtain(toolOf()), await obtain(toolOf()), asked.length]).toEqual(['always', 'always', 1]);
    expect(await obtain(toolOf('plugin'))).toBe('DENIED');
    expect(asked).toHaveLength(2);
  });

  it('does not offer session approval to a stateless client', async () => {
    const { obtain } = app(accept('Allow for this session'));
    expect(await obtain(toolOf(), 's1', true)).toBe('DENIED');
  });

  it('shows no secret that a guard has added to the arguments', { tags: ['T24'] }, async () => {
    const { obtain, asked } = app({ action: 'decline' });
    expect(await obtain(toolOf(), 's1', false, { key: 'a secret of the gateway' })).toBe('DENIED');
    expect(JSON.stringify(asked)).toContain('key');
    expect(JSON.stringify(asked)).not.toContain('a secret of the gateway');
  });

  it('rejects without a question if the store cannot be read', { tags: ['approval-closed'] }, async () => {
    const broken = new Proxy({} as Store, {
      get: () => () => {
        throw new Error('the disk is gone');
      },
    });
    const { obtain, asked } = app(accept('Allow once'), broken);
    expect([await obtain(toolOf()), asked.length]).toEqual(['APPROVAL_STORE_UNAVAILABLE', 0]);
  });
});

it('a ticket is invalid for another login of the same principal', { tags: ['approval-ticket', 'reload-logins'] }, async () => {
  const store = createStore(tempFolder());
  const tickets = createTickets(store, () => 1000);
  const approvals = createApprovals(tickets, createGrants(store), createRedactor(), [promptClient]);
  const callOf = (login: string, returned?: { ticket: string; answers: JsonObject }) =>
    new Call(
      { ...localCaller(), login },
      { ...silentClient(silentLog), session: 's', stateless: true, answerableKinds: ['form'], returned, ask },
    );
  let ticket = '';
  const ask = async (_: unknown, __: Call, issue?: () => string) => {
    ticket = issue?.() ?? '';
    throw new Error('the connection ends here');
  };
  await approvals.obtain({ tool: toolOf(), sent: {}, args: {}, call: callOf('old'), returned: undefined }).catch(() => undefined);
  const answers = { approval: accept('Allow once') };
  expect(() => approvals.redeem(toolOf(), {}, callOf('new', { ticket, answers }))).toThrow('issued for another caller');
  expect(approvals.redeem(toolOf(), {}, callOf('old', { ticket, answers }))?.answer).toEqual(answers.approval);
});
