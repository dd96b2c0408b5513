import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, type Kind } from '../support/clients.ts';
import { FIXTURE_BIN, run, type Serving, serve, writeConfig } from '../support/gateway.ts';
import { META, openRaw } from '../support/modern.ts';
import { until } from '../support/processes.ts';

const ADMIN = { token: 'a-token-for-administrators', principal: 'root', scopes: ['admin'] };
const NAME = 'plugmux-test';

type Line = Readonly<Record<string, unknown>>;

const plugmux = (config: string, ...args: string[]) => run([...args, '--config', config], { bin: FIXTURE_BIN });
const folderOf = (config: string): string => join(config, '../state/audit');

function linesOf(config: string): Line[] {
  const dir = folderOf(config);
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(dir, name), 'utf8').trimEnd().split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.time !== undefined);
}

async function linesAfter(gateway: Serving, config: string): Promise<Line[]> {
  await gateway.stop();
  return linesOf(config);
}

describe('the audit log', () => {
  it('names the client of every call, in both eras and over every transport', { tags: ['audit-line'] }, async () => {
    const config = writeConfig({ state: './state' }, ['plain']);
    const gateway = await serve(config);
    for (const kind of ['http', 'sse', 'ws'] as Kind[]) {
      const client = await connect('v1', gateway.at(kind));
      await client.call('echo', { message: 'x' });
      await client.close();
    }
    for (const kind of ['http', 'ws'] as Kind[]) {
      const raw = await openRaw(gateway.at(kind));
      for (const name of ['modern', 'odd\u202ename\u0007', 'n'.repeat(5_000), 7]) {
        const info = { 'io.modelcontextprotocol/clientInfo': { name, version: '1' } };
        await raw.call('echo', { message: 'x' }, { _meta: { ...META, ...info } });
      }
    }
    await fetch(new URL('/api/tools/echo', gateway.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'script/1.0' },
      body: '{"message":"x"}',
    });
    const clients = (await linesAfter(gateway, config)).map(({ transport, client }) => [transport, client]);
    const modern = (transport: string) => [
      [transport, 'modern'],
      [transport, 'odd\\u{202e}name\\u{7}'],
      [transport, expect.stringMatching(/^n{60,64}…?$/)],
      [transport, ''],
    ];
    expect(clients).toEqual([
      ['http', NAME],
      ['sse', NAME],
      ['websocket', NAME],
      ...modern('http'),
      ...modern('websocket'),
      ['api', 'script/1.0'],
    ]);
  });

  it('has a line for calls of tools that are unknown or not visible, on every transport', { tags: ['audit-events'] }, async () => {
    const config = writeConfig({ state: './state', profiles: { few: { tools: ['echo'] } } }, ['plain']);
    const gateway = await serve(config);
    const client = await connect('v1', gateway.at('http', 'few'));
    for (const name of ['nothing', 'fails', `x\u202e${'y'.repeat(500)}`]) await client.call(name).catch(() => undefined);
    await fetch(new URL('/api/tools/nowhere', gateway.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
    const lines = await linesAfter(gateway, config);
    expect(lines).toMatchObject([
      { profile: 'few', transport: 'http', tool: 'nothing', outcome: 'refused', code: 'UNKNOWN_TOOL' },
      { profile: 'few', tool: 'fails', outcome: 'refused', code: 'UNKNOWN_TOOL' },
      { profile: 'few', tool: expect.stringMatching(/^x\\u\{202e\}y{50,}…$/), code: 'UNKNOWN_TOOL' },
      { transport: 'api', tool: 'nowhere', code: 'UNKNOWN_TOOL' },
    ]);
  });

  it('has lines for failed logins, actions of administrators, and reloads, without any value', { tags: ['audit-events'] }, async () => {
    const write = (more: object, dir?: string) =>
      writeConfig(
        { state: './state', auth: { tokens: [ADMIN, { token: 'a-token-without-scopes', principal: 'plain' }] }, ...more },
        ['plain'],
        dir,
      );
    const config = write({});
    const gateway = await serve(config);
    const ask = (path: string, token: string) =>
      fetch(new URL(path, gateway.url), { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
    for (let i = 0; i < 5; i++) await ask('/mcp', `wrong-${i}`);
    await ask('/v1/admin/plugins/plain/disable', ADMIN.token);
    await ask('/v1/admin/plugins/plain/enable', 'a-token-without-scopes');
    await ask('/v1/admin/plugins/nothing/enable', ADMIN.token);
    write({ limits: { callTimeoutMs: 12_345 } }, join(config, '..'));
    await until('the reload is recorded', () => linesOf(config).some(({ event }) => event === 'reload'));
    writeFileSync(config, '{"nonsense":true}');
    await until('the refused reload is recorded', () => linesOf(config).filter(({ event }) => event === 'reload').length === 2);
    const lines = await linesAfter(gateway, config);
    expect(lines.filter(({ event }) => event === 'login-failed')).toEqual([
      expect.objectContaining({ address: '127.0.0.1', reason: expect.any(String), count: 5 }),
    ]);
    expect(lines.filter(({ event }) => event === 'admin')).toMatchObject([
      { principal: 'root', action: 'disable', plugin: 'plain', outcome: 'ok' },
      { principal: 'plain', action: 'enable', plugin: 'plain', outcome: 'refused' },
      { principal: 'root', action: 'enable', plugin: 'nothing', outcome: 'refused' },
    ]);
    expect(lines.filter(({ event }) => event === 'reload')).toMatchObject([
      { by: 'file', outcome: 'ok', changed: ['limits.callTimeoutMs'] },
      { by: 'file', outcome: 'refused', code: 'CONFIG_INVALID', at: expect.stringContaining('mcp.json:1:') },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/12.?345|a-token|wrong-/);
  });
});

describe('audit.required', () => {
  const inItsPlace = (dir: string): void => writeFileSync(dir, '');
  const dayIsFolder = (dir: string): void =>
    void mkdirSync(join(dir, `${new Date().toISOString().slice(0, 10)}.jsonl`), { recursive: true });

  it.each([
    ['serve', inItsPlace, ['serve', '--http', '127.0.0.1:0']],
    ['serve over a folder', dayIsFolder, ['serve', '--http', '127.0.0.1:0']],
    ['stdio', inItsPlace, ['stdio']],
    ['call', inItsPlace, ['call', 'echo']],
  ])('ends the start if no line can be written: %s', { tags: ['T27'] }, async (_, prepare, command) => {
    const config = writeConfig({ state: './state', audit: { required: true } }, ['plain']);
    mkdirSync(join(config, '../state'));
    prepare(folderOf(config));
    const { code, stderr } = await plugmux(config, ...command);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/audit log .* cannot be written.*\(AUDIT_STORE_UNAVAILABLE\)/)]);
  });

  it.each(['http', 'sse', 'ws'] as const)(
    'has the line of each call in the file before its reply is sent: %s',
    { tags: ['T27'] },
    async (kind) => {
      const config = writeConfig({ state: './state', audit: { required: true } }, ['plain']);
      const gateway = await serve(config);
      const client = await connect('v1', gateway.at(kind));
      for (let i = 1; i <= 3; i++) {
        await client.call('echo', { message: 'x' });
        expect(linesOf(config).filter(({ tool }) => tool === 'echo')).toHaveLength(i);
      }
      await client.call('unknown').catch(() => undefined);
      expect(linesOf(config).at(-1)).toMatchObject({ tool: 'unknown' });
    },
  );

  it('withholds the result of a call whose line cannot be written, and rejects later calls', { tags: ['T27'] }, async () => {
    const config = writeConfig({ state: './state', audit: { required: true } }, ['plain']);
    const gateway = await serve(config);
    const client = await connect('v1', gateway.at('http'));
    await client.call('echo', { message: 'x' });
    rmSync(folderOf(config), { recursive: true });
    writeFileSync(folderOf(config), '');
    const seen: { code?: string; outcome?: string }[] = [];
    const call = async (): Promise<boolean> => {
      const { _meta } = await client.call('echo', { message: 'secret' });
      const error = _meta?.['plugmux/error'] as { code?: string; outcome?: string } | undefined;
      if (error) seen.push(error);
      return error !== undefined;
    };
    // The open file is written for up to a second.
    await until('the line cannot be written', call);
    await call();
    expect(seen).toMatchObject([
      { code: 'AUDIT_STORE_UNAVAILABLE', outcome: 'SENT_NO_REPLY' },
      { code: 'AUDIT_STORE_UNAVAILABLE', outcome: 'NOT_SENT' },
    ]);
    rmSync(folderOf(config));
    await until('calls run again', async () => !(await call()));
    // The lines that could not be written were kept in memory.
    expect(linesOf(config).filter(({ code }) => code === 'AUDIT_STORE_UNAVAILABLE').length).toBeGreaterThan(0);
  });
});

describe('plugmux audit', () => {
  it('verifies a log while it is written and after a kill, and finds a removed last batch', {
    tags: ['audit-verify'],
    timeout: 60_000,
  }, async () => {
    const config = writeConfig({ state: './state' }, ['plain']);
    const gateway = await serve(config);
    const client = await connect('v1', gateway.at('http'));
    await client.call('echo', { message: 'x' });
    await until('it is written', () => linesOf(config).length === 1);
    const calls = Promise.all(Array.from({ length: 300 }, () => client.call('echo', { message: 'x' })));
    expect(await plugmux(config, 'audit', 'verify')).toMatchObject({ code: 0, stdout: expect.stringContaining('is complete') });
    await calls;
    // A chain's end is stored once a second, so later lines would be lost with the process.
    await until('the end is kept', async () => {
      const [head] = JSON.parse((await plugmux(config, 'audit', 'verify', '--anchor', '--json')).stdout) as { seq: number }[];
      return (head?.seq ?? 0) >= 301;
    });
    await gateway.stop('SIGKILL');
    expect(linesOf(config).length).toBeGreaterThan(200);
    const [name] = readdirSync(folderOf(config)).filter((file) => file.endsWith('.jsonl')) as [string];
    const file = join(folderOf(config), name);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const before = lines.slice(0, -1).findLastIndex((line) => line.includes('"chain"'));
    expect(await plugmux(config, 'audit', 'verify', '--day', name.slice(0, 10))).toMatchObject({ code: 0 });
    writeFileSync(file, `${lines.slice(0, before - 3).join('\n')}\n`);
    const cut = await plugmux(config, 'audit', 'verify');
    expect([cut.code, cut.stdout]).toEqual([1, expect.stringMatching(/^FAULT .*its end is cut off/m)]);
  });

  it('reports files that were moved away, and reads them from a given folder', {
    tags: ['audit-verify'],
    timeout: 60_000,
  }, async () => {
    const config = writeConfig({ state: './state' }, ['plain']);
    await plugmux(config, 'call', 'echo', '{"message":"a"}');
    const archive = join(config, '../archive');
    mkdirSync(archive);
    for (const name of readdirSync(folderOf(config))) if (name !== 'key') renameSync(join(folderOf(config), name), join(archive, name));
    const without = await plugmux(config, 'audit', 'verify');
    expect([without.code, without.stdout]).toEqual([1, expect.stringContaining('name its folder: --archive <folder>')]);
    const named = await plugmux(config, 'audit', 'verify', '--archive', archive);
    expect([named.code, named.stdout]).toEqual([0, expect.stringContaining('is complete: 1 lines of 1 runs in 1 files')]);
  });

  it('shows the newest lines, filtered by tool or time', { tags: ['audit-verify'] }, async () => {
    const config = writeConfig({ state: './state' }, ['plain']);
    await plugmux(config, 'call', 'echo', '{"message":"a"}');
    await plugmux(config, 'call', 'fails');
    const all = await plugmux(config, 'audit', 'show', '--since', '1h');
    expect(all.stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^\d{4}-\S+Z {2}echo +ok, \S+ ms, by local cli plugmux$/),
      expect.stringMatching(/ fails +refused UNKNOWN_TOOL/),
    ]);
    const json = (await plugmux(config, 'audit', 'show', '--tool', 'echo', '--limit', '1', '--json')).stdout;
    expect(JSON.parse(json)).toMatchObject({ tool: 'echo', outcome: 'ok' });
  });
});
