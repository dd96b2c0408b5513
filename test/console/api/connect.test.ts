import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConnectRow, Page } from '../../../src/console/api/types.ts';
import { FIXTURE_BIN, run, type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { ask, login, makeCode } from '../support/console.ts';

const rowsOf = async (gateway: Pick<Serving, 'url'>, key: string, query = '') =>
  ((await ask(gateway, `/connect${query}`, { key })).body as unknown as Page<ConnectRow>).items;

/** A proxy that passes what is below `/tools` on, without the prefix and with its own name. */
async function proxyOf(target: string, name: string): Promise<string> {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const path = (incoming.url ?? '').replace(/^\/tools(?=\/)/, '');
    const headers = { ...incoming.headers, host: name };
    const passed = request({ host: hostname, port, method: incoming.method, path, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/tools/`;
}

describe('GET /connect', () => {
  it('has the parts of `plugmux export` for the public address, behind a path prefix too', { tags: ['console-connect'] }, async () => {
    const config = writeConfig({ profiles: { reader: { tools: ['runs'] } } }, ['consent']);
    const gateway = await serve(config);
    const { key } = await login(gateway, { code: makeCode(config) });
    const here = new URL(gateway.url).origin;
    for (const { text, kind } of await rowsOf(gateway, key, '?client=cursor'))
      if (kind === 'file') expect(text).not.toContain('example.com');
    expect((await rowsOf(gateway, key, '?client=cursor'))[0]?.text).toContain(`"${here}/mcp"`);
    const base = 'https://gw.example.com/tools';
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), listen: { public: `${base}/` } }));
    await until('the address is known', async () => (await rowsOf(gateway, key)).some(({ text }) => text.includes(base)));
    const proxied = await proxyOf(here, 'gw.example.com');
    for (const profile of ['default', 'reader']) {
      const reply = await fetch(`${proxied}api/console/connect?profile=${profile}`, { headers: { Authorization: `Bearer ${key}` } });
      const { items } = (await reply.json()) as Page<ConnectRow>;
      for (const client of ['cursor', 'codex', 'gemini-cli']) {
        const { stdout } = await run(['export', client, '--http', '--profile', profile, '--json', '--config', config], {
          bin: FIXTURE_BIN,
        });
        const parts = JSON.parse(stdout) as { file?: string; note?: string; content?: unknown }[];
        const rows = items.filter((row) => row.client === client);
        expect(rows.map(({ place, note, kind, text }) => ({ file: place, note: kind === 'note' ? text : note }))).toEqual(
          parts.map(({ file, note }) => ({ file, note })),
        );
        expect(rows[0]?.text).toContain(`${base}/mcp${profile === 'default' ? '"' : '/reader"'}`);
        expect(rows.some(({ text }) => text.includes(here))).toBe(false);
      }
    }
  });

  it('says that a token is needed, and shows none', { tags: ['console-connect'] }, async () => {
    const token = 'a-token-that-nobody-may-see-here-0123456789';
    const config = writeConfig({ auth: { tokens: [{ token, principal: 'ci', scopes: ['admin', 'use'] }] } }, ['consent']);
    const gateway = await serve(config);
    const { key } = await login(gateway, { token });
    const rows = await rowsOf(gateway, key);
    expect(JSON.stringify(rows)).not.toContain(token);
    for (const client of new Set(rows.map((row) => row.client))) {
      const [first, file] = rows.filter((row) => row.client === client);
      expect([first?.kind, first?.text]).toEqual(['note', expect.stringContaining('PLUGMUX_TOKEN')]);
      expect(file?.text).toContain('PLUGMUX_TOKEN');
    }
  });
});
