import { describe, expect, it, onTestFinished } from 'vitest';
import { createLoginCode } from '../../../dist/src/console/login-code.js';
import { createStateFile } from '../../../dist/src/store/state-file.js';
import type { Waiting } from '../../../src/console/api/tool-types.ts';
import type { Page } from '../../../src/console/api/types.ts';
import { type QueueGateway, serveQueue } from '../../support/approvals.ts';
import { connect } from '../../support/clients.ts';
import { until } from '../../support/processes.ts';
import type { AtEnd } from '../../support/temp.ts';
import { ask, login } from '../support/console.ts';

const open = async () => {
  const gateway = await serveQueue({}, [], onTestFinished as AtEnd);
  const file = createStateFile(gateway.state);
  const { key } = await login(gateway, { code: createLoginCode(file) });
  file.close();
  const client = await connect('v1', gateway.at('http'));
  const list = async () => ((await ask(gateway, '/approvals', { key })).body as unknown as Page<Waiting>).items;
  const answer = (id: string, body: object, as = key) => ask(gateway, `/approvals/${id}`, { key: as, body });
  return { gateway, key, client, list, answer };
};
const waits = async (gateway: QueueGateway, what: string) => (await gateway.waiting(what)).id;

describe('/api/console/approvals', () => {
  it('shows the calls that wait, and answers each once', { tags: ['approval-console'] }, async () => {
    const { gateway, client, list, answer } = await open();
    expect(await list()).toEqual([]);
    const what = 'a'.repeat(10_000);
    const result = client.call('erase', { what });
    const id = await waits(gateway, what);
    const [entry] = await list();
    expect(entry).toMatchObject({ id, plugin: 'consent', tool: 'erase', arguments: { what }, hints: {}, ruledBy: 'format' });
    expect(entry?.offered).toEqual(['once', 'session', 'always']);
    const { shown = '' } = entry ?? {};
    expect((await answer(id, { answer: 'once', shown: 'other' })).body.error?.code).toBe('APPROVAL_CHANGED');
    expect(await answer(id, { answer: 'allow', shown })).toMatchObject({ status: 400, body: { error: { field: 'answer' } } });
    expect(await answer(id, { answer: 'once', shown, args: {} })).toMatchObject({ status: 400 });
    expect((await answer(id, { answer: 'once', shown }, 'no key')).status).toBe(401);
    const both = await Promise.all([answer(id, { answer: 'once', shown }), answer(id, { answer: 'deny', shown })]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 410]);
    expect((await result).content).toHaveLength(1);
    expect(await list()).toEqual([]);
  });

  it('records who answered', { tags: ['approval-console'] }, async () => {
    const { gateway, client, list, answer } = await open();
    const result = client.call('erase', { what: 'x' });
    const id = await waits(gateway, 'x');
    const [entry] = await list();
    expect((await answer(id, { answer: 'once', shown: entry?.shown })).status).toBe(204);
    expect((await result).content[0]?.text).toBe('erased x');
    await until('the call is gone', () => gateway.gone.has(id));
    const lines = await gateway.audited();
    expect(lines.filter(({ tool }) => tool === 'erase')).toMatchObject([{ consent: 'once', by: 'console:local', outcome: 'ok' }]);
  });
});
