import { describe, expect, it } from 'vitest';
import { BIN, serve } from '../../support/gateway.ts';
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
