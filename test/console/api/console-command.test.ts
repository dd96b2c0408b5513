import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BIN, FIXTURE_BIN, run, serve, writeConfig } from '../../support/gateway.ts';
import { isAlive, until } from '../../support/processes.ts';
import { ask, login, rawAsk } from '../support/console.ts';
import { closedWith, openPage } from '../support/page.ts';

const cli = (config: string, ...args: string[]) => run([...args, '--config', config], { bin: FIXTURE_BIN });
const LINK = /(http\S+)\/#login=([\w-]{43})/;

async function linkOf(config: string): Promise<{ base: string; code: string }> {
  const { stdout, stderr } = await cli(config, 'console');
  const [, base, code] = LINK.exec(stdout) ?? [];
  if (base === undefined || code === undefined) throw new Error(`no link: ${stdout}${stderr}`);
  return { base, code };
}

describe('plugmux console', () => {
  it('prints a link to the gateway that runs, which works once', { tags: ['console-link-once'] }, async () => {
    const config = writeConfig({}, ['plain']);
    const gateway = await serve(config);
    const { base, code } = await linkOf(config);
    expect(base).toBe(new URL(gateway.url).origin);
    expect((await login(gateway, { code })).scopes).toEqual(['admin']);
    expect((await ask(gateway, '/login', { body: { code } })).status).toBe(403);
  });

  it('ends every login with --logout, in a gateway that runs', { tags: ['console-revoked'] }, async () => {
    const config = writeConfig({}, ['plain']);
    const gateway = await serve(config);
    const unused = await linkOf(config);
    const { key } = await login(gateway, { code: (await linkOf(config)).code });
    const page = await openPage(gateway, { key });
    const [ended, { stdout }] = await Promise.all([closedWith(page.socket), cli(config, 'console', '--logout')]);
    expect([ended, stdout]).toEqual([4401, 'Ended 1 login at the console.\n']);
    expect((await ask(gateway, '/overview', { key })).status).toBe(401);
    expect((await ask(gateway, '/login', { body: { code: unused.code } })).status).toBe(403);
  });

  it('says what is missing: a gateway, or a console', async () => {
    const config = writeConfig({ listen: { http: '127.0.0.1:9' } }, ['plain']);
    expect(await cli(config, 'console')).toMatchObject({ code: 2, stderr: expect.stringContaining('plugmux serve') });
    const off = writeConfig({ console: false }, ['plain']);
    expect(await cli(off, 'console')).toMatchObject({ code: 2, stderr: expect.stringContaining('"console": false') });
  });

  it('starts the gateway of all windows, which opens a port for the console alone', { tags: ['console-background'] }, async () => {
    const config = writeConfig({ oneGateway: true, state: './state' }, ['plain']);
    const { base, code } = await linkOf(config);
    const facts = JSON.parse((await cli(config, 'status', '--json')).stdout) as { pid: number; kind: string };
    onTestFinished(async () => {
      await cli(config, 'stop');
      await until('the gateway has ended', () => !isAlive(facts.pid));
    });
    expect(facts.kind).toBe('background');
    expect(new URL(base).hostname).toBe('127.0.0.1');
    const gateway = { url: `${base}/mcp` };
    const { key } = await login(gateway, { code });
    expect((await ask(gateway, '/overview', { key })).status).toBe(200);
    // Clients start a window, since no port serves them.
    const { body } = await ask(gateway, '/connect?client=claude-desktop', { key });
    expect((body.items as { text: string }[])[0]?.text).toMatch(/"stdio",\s+"--config",\s+"[^"]+mcp\.json"/);
    for (const path of ['/mcp', '/sse', '/ws', '/api/tools', '/api/tools/echo', '/api/openapi.json', '/status', '/v1/admin/plugins'])
      expect([path, (await rawAsk(gateway, path)).status]).toEqual([path, 404]);
    // The same port for the next link.
    expect((await linkOf(config)).base).toBe(base);
  });

  it('keeps that gateway while a page is open', { tags: ['console-background'] }, async () => {
    const config = writeConfig({ oneGateway: true, state: './state' }, ['plain']);
    const child = spawn(process.execPath, [FIXTURE_BIN, 'background', '--idle', '6', '--config', config], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    await until('it runs', async () => (await cli(config, 'status', '--json')).stdout.includes('background'));
    const { base, code } = await linkOf(config);
    const gateway = { url: `${base}/mcp` };
    const page = await openPage(gateway, { key: (await login(gateway, { code })).key });
    await new Promise((resolve) => setTimeout(resolve, 9_000));
    expect(child.exitCode).toBeNull();
    page.socket.terminate();
    expect(await ended).toBe(0);
  });
});

describe('the link of plugmux serve', () => {
  it('is printed on a terminal only, and is in no log or audit line', { tags: ['console-link-hidden'] }, async () => {
    const config = writeConfig({}, ['plain']);
    const args = ['serve', '--http', '127.0.0.1:0', '--config', config];
    const piped = spawn(process.execPath, [BIN, ...args.slice(0, -1), writeConfig({})], { stdio: 'pipe' });
    onTestFinished(() => void piped.kill('SIGKILL'));
    let said = '';
    for (const stream of [piped.stdout, piped.stderr]) stream.on('data', (data) => (said += String(data)));
    const command = [process.execPath, FIXTURE_BIN, ...args].map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qfec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    onTestFinished(() => void process.kill(-(terminal.pid as number), 'SIGKILL'));
    let shown = '';
    terminal.stdout.on('data', (data) => (shown += String(data)));
    await until('the link is shown', () => LINK.test(shown));
    const [, base = '', code = ''] = LINK.exec(shown) ?? [];
    const gateway = { url: `${base}/mcp` };
    const { key } = await login(gateway, { code });
    await ask(gateway, '/login', { body: { code } });
    await ask(gateway, '/logout', { key, body: {} });
    await until('the other one listens', () => said.includes('/mcp'));
    expect(said).not.toContain('login=');
    const state = join(dirname(config), '.plugmux');
    const filesOf = (): string[] =>
      (readdirSync(state, { recursive: true }) as string[]).map((name) => join(state, name)).filter((name) => statSync(name).isFile());
    const textOf = (file: string): string => readFileSync(file, 'latin1');
    await until('the logout is in the audit log', () =>
      filesOf().some((file) => file.endsWith('.jsonl') && textOf(file).includes('logout')),
    );
    for (const file of filesOf()) {
      for (const secret of [code, key]) expect([file, textOf(file).includes(secret)]).toEqual([file, false]);
    }
    for (const secret of [key, `${code} `]) expect(shown.slice(shown.indexOf(code) + 43)).not.toContain(secret);
  });
});
