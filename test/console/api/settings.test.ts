import { describe, expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { BIN, serve } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { ask } from '../support/console.ts';
import { operate } from '../support/defaults.ts';

describe('settings that are saved at once', () => {
  it('by two requests or two gateways: one is stored, the other is a conflict', { tags: ['console-settings'] }, async () => {
    const { gateway, config, key } = await operate({}, ['notes']);
    const other = await serve(config, { bin: BIN });
    const read = async () => (await ask(gateway, '/plugins/notes/settings', { key })).body;
    const put = (at: { url: string }, revision: unknown, values: object) =>
      ask(at, '/plugins/notes/settings', { key, method: 'PUT', body: { revision, values, secrets: {} } });
    for (let round = 0; round < 6; round++) {
      const { revision } = await read();
      const values = [{ max_kb: 3 + round }, { allow_delete: round % 2 === 0, root: `./notes-${round}` }];
      const second = round < 2 ? gateway : other;
      const replies = await Promise.all([put(gateway, revision, values[0] as object), put(second, revision, values[1] as object)]);
      expect(replies.map(({ status }) => status).sort(), JSON.stringify(replies)).toEqual([200, 409]);
      const [winner, loser] = replies[0]?.status === 200 ? [0, 1] : [1, 0];
      expect(replies[loser]?.body.error).toMatchObject({ code: 'CONFLICT', fix: expect.stringContaining('again') });
      expect((await read()).values).toEqual(values[winner]);
    }
  });
});

describe('a tool that another gateway switches off', () => {
  it('is off here too, without a reload', { tags: ['console-tool-switch'] }, async () => {
    const { gateway, config, key } = await operate({}, ['notes']);
    const other = await serve(config, { bin: BIN });
    const client = await connect('v1', gateway.at('http'));
    expect(await client.list()).toContain('notes_read');
    for (const on of [false, true]) {
      await ask(other, '/tools/notes_read', { key, method: 'PUT', body: { profile: 'default', on } });
      await until(`it is ${on ? 'on' : 'off'}`, async () => (await client.list()).includes('notes_read') === on);
    }
  });
});
