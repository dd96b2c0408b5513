import { describe, expect, it } from 'vitest';
import { until } from '../../support/processes.ts';
import { operate } from '../support/defaults.ts';
import { openPage } from '../support/page.ts';

type Item = Record<string, unknown>;

describe('trying a tool', () => {
  it('runs it as a call of this profile, with an audit line and live messages', { tags: ['console-try'] }, async () => {
    const operated = await operate({ profiles: { reader: { tools: ['notes_read'] } } }, ['notes']);
    const page = await openPage(operated.gateway, { key: operated.key, want: ['calls', 'tally', 'log:gateway'] });
    const run = (profile: string, args: object) => operated.send('POST', '/tools/notes_write/try', { id: 'one', profile, arguments: args });
    const done = (await run('default', { path: 'garden', text: '# Garden' })).body;
    expect(done).toMatchObject({ ms: expect.any(Number), bytes: expect.any(Number), result: { content: [{ type: 'text' }] } });
    const refused = (await run('default', { path: 7 })).body;
    expect(refused).toMatchObject({ failure: { code: 'ARGUMENTS_INVALID' }, ref: expect.any(String) });
    expect(refused).not.toHaveProperty('result');
    expect((await run('reader', { path: 'a', text: 'b' })).status).toBe(404);
    expect((await run('nobody', {})).status).toBe(404);
    const [last] = (await operated.get('/calls?outcome=ok')).body.items as Item[];
    expect(last).toMatchObject({ tool: 'notes_write', principal: 'console:local', transport: 'console', client: 'console' });
    await until('the page was told', () => page.messages.filter(({ type }) => type === 'call').length >= 3);
    await until('the second was counted', () => page.messages.some(({ type }) => type === 'tally'));
    expect(page.messages.find(({ type }) => type === 'call')).toMatchObject({ call: { tool: 'notes_write', outcome: 'ok' } });
  });

  it('asks for an approval in the page', { tags: ['console-try'] }, async () => {
    const operated = await operate({ plugins: { notes: { path: './plugins/notes', approval: 'ask' } } }, ['notes']);
    const alone = await operated.send('POST', '/tools/notes_list/try', { id: 'alone', profile: 'default', arguments: {} });
    expect(alone.body).toMatchObject({ failure: { code: 'DENIED', message: expect.stringContaining('requires approval') } });
    const page = await openPage(operated.gateway, { key: operated.key });
    const run = (id: string) => operated.send('POST', '/tools/notes_list/try', { id, profile: 'default', arguments: {} });
    const answer = (id: string, action: string) =>
      page.socket.send(JSON.stringify({ type: 'answer', id, answer: action === 'accept' ? { action, content: {} } : { action } }));
    const asked = (id: string) =>
      until('the call asks', () => page.messages.some((message) => message.type === 'try' && message.id === id && message.question));
    const allowed = run('yes');
    await asked('yes');
    answer('yes', 'accept');
    expect((await allowed).body).toHaveProperty('result');
    const denied = run('no');
    await asked('no');
    answer('no', 'decline');
    expect((await denied).body).toMatchObject({ failure: { code: 'DENIED' } });
    expect(page.messages.find(({ type }) => type === 'try')).toMatchObject({
      question: { message: expect.stringContaining('notes_list') },
    });
  });

  it('tells pages of plugins, tools, clients and log lines', { tags: ['console-try'] }, async () => {
    const operated = await operate({}, ['notes']);
    const page = await openPage(operated.gateway, { key: operated.key, want: ['log:gateway'] });
    const has = (type: string) => until(`"${type}" arrives`, () => page.messages.some((message) => message.type === type));
    await operated.send('POST', '/plugins/notes/disable');
    await has('plugin');
    await has('tools');
    expect(page.messages.findLast(({ type }) => type === 'plugin')).toMatchObject({ card: { id: 'notes', state: 'disabled' } });
  });
});
