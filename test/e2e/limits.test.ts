import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { serve, writeConfig } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';

// Behaviour at the configured limits.

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('limits', () => {
  it.each([
    ['of a client', { callsPerClient: 1 }],
    ['of a plugin', { callsPerPlugin: 1 }],
    ['in all', { calls: 1 }],
  ])('of calls in flight %s: one waits, and is rejected after queueMs', { tags: ['calls-bounded'] }, async (_, limits) => {
    const target = await serve(writeConfig({ limits: { queueMs: 1_000, ...limits } }, ['plain']));
    const client = await connect('v1', target);
    const [short, waited] = [client.call('wait', { ms: 150 }), client.call('echo', { message: 'in time' })];
    expect([(await short).content[0]?.text, (await waited).content[0]?.text]).toEqual(['waited', 'in time']);
    const long = client.call('wait', { ms: 3_000 });
    await pause(300);
    const refused = await client.call('echo', { message: 'x' });
    expect(refused._meta?.['plugmux/error']).toMatchObject({ code: 'BUSY', outcome: 'NOT_SENT' });
    expect((await long).content[0]?.text).toBe('waited');
  });

  it('of tools in total: the first ones are served, and a warning names the rest', { tags: ['F47'] }, async () => {
    const target = await serve(writeConfig({ limits: { tools: 3 } }, ['plain']));
    expect(await (await connect('v1', target)).list()).toEqual(['echo', 'count', 'log']);
    await target.said('limits.tools');
  });

  it.each([
    ['is required', { audit: { required: true } }, 'refused'],
    ['is not spoken of', {}, 'served'],
    ['is not spoken of and strangers may call', { listen: { http: '0.0.0.0:0', insecure: true } }, 'refused'],
    ['is not required though strangers may call', { audit: { required: false }, listen: { http: '0.0.0.0:0', insecure: true } }, 'served'],
  ])('of trust: an audit log that %s and cannot be written', { tags: ['T27'] }, async (_, config, expected) => {
    const { http: address = '127.0.0.1:0' } = 'listen' in config ? config.listen : {};
    const dir = tempFolder();
    mkdirSync(join(dir, 'state'));
    writeFileSync(join(dir, 'state/audit'), 'a file is in the way');
    const token = 'a-token-of-sufficient-length';
    const file = writeConfig({ state: './state', auth: { tokens: [{ token, principal: 'ada' }] }, ...config }, ['plain'], dir);
    if (expected === 'refused') {
      await expect(serve(file, { address })).rejects.toThrow(/ended with 1: .*audit log cannot be written/s);
      return;
    }
    const target = await serve(file, { address });
    const client = await connect('v1', { url: target.url.replace('0.0.0.0', '127.0.0.1'), headers: { authorization: `Bearer ${token}` } });
    await client.call('echo', { message: 'the first line shows that it cannot be written' });
    await pause(400);
    expect((await client.call('echo', { message: 'x' })).content[0]?.text).toBe('x');
  });
});
