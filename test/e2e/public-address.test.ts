import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { login, makeCode, rawAsk } from '../console/support/console.ts';
import { run, serve, writeConfig } from '../support/gateway.ts';
import { freePort } from '../support/http-server.ts';
import { until } from '../support/processes.ts';

const GOOD = 'https://gw.example.com';
describe('listen.public', () => {
  it('is an accepted host and origin, and the beginning of printed addresses', { tags: ['public-address'] }, async () => {
    const config = writeConfig({ listen: { public: `${GOOD}/tools/` } }, ['plain']);
    const printed = await serve(config);
    expect(printed.url).toBe(`${GOOD}/tools/mcp`);
    const { stdout } = await run(['export', 'cursor', '--http', '--config', config]);
    expect(stdout).toContain(`"${GOOD}/tools/mcp"`);
  });

  it('lets its own origin in and no other, without a port in the name', { tags: ['public-address'] }, async () => {
    const config = writeConfig({}, ['plain']);
    const gateway = await serve(config, { address: `127.0.0.1:${await freePort()}` });
    const { host } = new URL(gateway.url);
    const from = (headers: Record<string, string>) => rawAsk(gateway, '/api/tools', { headers }).then(({ status }) => status);
    expect(await from({ Host: 'gw.example.com', Origin: GOOD })).toBe(403);
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), listen: { public: GOOD } }));
    await until('the address is known', async () => (await from({ Host: 'gw.example.com', Origin: GOOD })) === 200);
    expect(await from({ Host: host, Origin: GOOD })).toBe(200);
    for (const Origin of [`${GOOD}:8443`, 'http://gw.example.com', 'https://gw.example.com.evil.test', 'null'])
      expect([Origin, await from({ Host: 'gw.example.com', Origin })]).toEqual([Origin, 403]);
    const forwarded = { Host: host, 'X-Forwarded-Host': 'evil.test', 'X-Forwarded-Proto': 'https', Origin: 'https://evil.test' };
    expect(await from(forwarded)).toBe(403);
    const { key } = await login(gateway, { code: makeCode(config) });
    const overview = (Origin: string) =>
      rawAsk(gateway, '/api/console/overview', { headers: { Host: 'gw.example.com', Origin, Authorization: `Bearer ${key}` } });
    expect((await overview(GOOD)).status).toBe(200);
    expect((await overview('http://localhost:1')).status).toBe(403);
  });

  it.each(['gw.example.com', 'ftp://gw.example.com', `${GOOD}/?a=b`, `https://user:word@gw.example.com`, `${GOOD}/#top`])(
    'cannot be %s',
    async (address) => {
      const { code, stderr } = await run(['list', '--config', writeConfig({ listen: { public: address } })]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('listen.public')]);
    },
  );
});
