import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, run, serve } from '../support/gateway.ts';
import { clearPlanted, plant, plantedCores, setUpPlanted, shown } from '../support/planted.ts';
import { until } from '../support/processes.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

describe('secrets planted in every place that accepts one', { timeout: 240_000 }, () => {
  it('are in no output of a running gateway', { tags: ['T24'] }, async () => {
    const { dir, file, config, admin, env } = await setUpPlanted();
    expect(plantedCores().length).toBeGreaterThanOrEqual(40);
    const gateway = await serve(file, { bin: BIN, env: { ...env, PLUGMUX_LOG_LEVEL: 'debug' } });
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const get = async (path: string, body?: string) =>
      (await fetch(new URL(path, gateway.url), body === undefined ? { headers } : { method: 'POST', body, headers })).text();
    const said: Record<string, string> = {};
    for (const name of ['fail', 'tell', 'die', 'teller_run', 'teller_leave']) {
      await until(`${name} is served`, async () => !(await get(`/api/tools/${name}`, '{"argument":1}')).includes('UNKNOWN_TOOL'));
      said[`api ${name}`] = await get(`/api/tools/${name}`, JSON.stringify({ sent: env.ODD_ONE }));
      const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } };
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
      };
      said[`mcp ${name}`] = await get('/mcp', JSON.stringify({ ...message, params: { ...message.params, _meta } }));
    }
    expect(said['api teller_run']).toContain('refused: no key, plain-literal-1; ');
    expect(said['api teller_run']).toContain('production');
    expect(said['api fail']).toContain('refused: ');
    for (const path of ['/status', '/v1/admin/plugins', '/readyz', '/healthz']) said[path] = await get(path);
    expect(said['/v1/admin/plugins']).toContain('teller');
    // A secret that was removed from the file is known permanently; its replacement is not shown by an error.
    const { plugins, ...rest } = config;
    writeFileSync(file, JSON.stringify({ ...rest, plugins: { teller: { ...plugins.teller, credentials: {}, env: {} } } }));
    await gateway.said('teller');
    writeFileSync(
      file,
      JSON.stringify({ ...rest, auth: { tokens: [{ token: plantedCores()[3], principal: plantedCores()[4], x: plantedCores()[5] }] } }),
    );
    await gateway.said('configuration not reloaded (the previous one stays active)');
    said['api later'] = await get('/api/tools/teller_run', '{}');
    await gateway.stop();
    said.log = gateway.stderr();
    expect(said.log).toContain('on stderr: ');
    for (const name of readdirSync(join(dir, '.plugmux', 'audit'))) {
      if (name !== 'key') said[`audit ${name}`] = readFileSync(join(dir, '.plugmux', 'audit', name), 'utf8');
    }
    expect(Object.entries(said).map(([place, text]) => [place, shown(text)])).toEqual(Object.keys(said).map((place) => [place, []]));
  });

  it('are in no output of a command', { tags: ['T24'] }, async () => {
    const { file, config, env } = await setUpPlanted();
    const words =
      'doctor|doctor --json|list --json|info up|info up fail --json|limits|approvals|call teller_run|call tell --json|export openai';
    const seen: [string, string[]][] = [];
    for (const command of words.split('|')) {
      const { stdout, stderr } = await run([...command.split(' '), '--config', file, '--log-level', 'debug'], { env });
      expect([command, stdout + stderr]).toEqual([command, expect.stringMatching(/\w/)]);
      seen.push([command, shown(stdout + stderr)]);
    }
    // The same as invalid files, each for another reason.
    const refused: readonly unknown[] = [
      { ...config, auth: { tokens: [{ token: plantedCores()[5], principal: 'a', [plantedCores()[6] as string]: 1 }] } },
      { ...config, auth: plantedCores()[7] },
      { ...config, plugins: { teller: { ...config.plugins.teller, credentials: plantedCores()[8], env: [plantedCores()[9]] } } },
      { ...config, listen: { http: '${env:CASE_DB}' } },
      JSON.stringify(config).slice(0, -40),
    ];
    for (const content of refused) {
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      const { code, stderr } = await run(['limits', '--config', file], { env });
      expect([code, stderr]).toEqual([2, expect.stringMatching(/mcp\.json:\d+:\d+: /)]);
      seen.push([stderr, shown(stderr)]);
    }
    // An invalid server is skipped, with its location.
    writeFileSync(
      file,
      JSON.stringify({ ...config, mcpServers: { up: { ...config.mcpServers.up, args: plantedCores()[10], env: plantedCores()[11] } } }),
    );
    const { stdout, stderr } = await run(['doctor', '--config', file], { env });
    expect(stdout).toMatch(/mcp\.json:\d+:\d+: mcpServers\.up/);
    seen.push([stdout, shown(stdout + stderr)]);
    expect(seen.filter(([, secrets]) => secrets.length > 0)).toEqual([]);
  });

  it('are in no uncaught error that ends a gateway', { tags: ['T24'] }, async () => {
    clearPlanted();
    const dir = tempFolder();
    const code = `export async function run() { setTimeout(() => { throw new Error('refused: ' + process.env.PLAIN_ONE); }, 1); return 'ok'; }`;
    writePlugin(dir, 'inside', { 'index.ts': code });
    const env = { PLAIN_ONE: plant() };
    const file = join(dir, 'mcp.json');
    const inside = { path: './inside', isolation: 'none', settings: { a: '${env:PLAIN_ONE}' } };
    writeFileSync(file, JSON.stringify({ plugins: { inside } }), { mode: 0o600 });
    const gateway = await serve(file, { bin: BIN, env });
    const headers = { 'content-type': 'application/json' };
    await fetch(new URL('/api/tools/inside_run', gateway.url), { method: 'POST', headers, body: '{}' }).catch(() => undefined);
    await gateway.said('plugmux: Error: refused: [redacted]');
    expect(shown(gateway.stderr())).toEqual([]);
  });
});
