import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';

const SECRET = 'ghp_0123456789abcdefghij';

/** A home with a client's file, and an mcp.json beside it. */
function setUp(client: string | object, mcp = '{\n  // kept\n  "mcpServers": {}\n}\n', place = '.cursor/mcp.json') {
  const dir = tempFolder();
  const home = join(dir, 'home');
  const file = join(dir, 'mcp.json');
  const from = join(home, place);
  mkdirSync(dirname(from), { recursive: true });
  writeFileSync(from, typeof client === 'string' ? client : JSON.stringify(client));
  writeFileSync(file, mcp);
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), CODEX_HOME: undefined };
  const start = (...args: string[]) => run(['import', ...args, '--config', file], { cwd: dir, env });
  const backups = () => readdirSync(dir).filter((name) => name.startsWith('mcp.json.backup-'));
  return { dir, file, from, start, backups, read: () => readFileSync(file, 'utf8') };
}
const parse = (text: string) => JSON.parse(text.replace(/^ *\/\/.*$/gm, '')) as { mcpServers: Record<string, object> };

describe('plugmux import <client>', () => {
  it('adds the servers, keeps comments, and leaves a private backup', { tags: ['client-imported'] }, async () => {
    const { start, read, backups, dir } = setUp({
      mcpServers: { one: { command: 'node', args: ['one.js'] }, two: { url: 'https://two.example/mcp' } },
    });
    const before = read();
    const shown = await start('cursor', '--dry-run');
    expect([shown.code, shown.stdout, read(), backups()]).toEqual([0, expect.stringMatching(/one +stdio +add +node one\.js/), before, []]);
    const { code, stdout } = await start('cursor', '--yes');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Added one, two.')]);
    expect(read()).toContain('// kept');
    expect(parse(read()).mcpServers).toEqual({ one: { command: 'node', args: ['one.js'] }, two: { url: 'https://two.example/mcp' } });
    const [backup = ''] = backups();
    expect([readFileSync(join(dir, backup), 'utf8'), statSync(join(dir, backup)).mode & 0o777]).toEqual([before, 0o600]);
    const again = await start('cursor', '--yes');
    expect([again.code, again.stdout, backups().length]).toEqual([0, expect.stringContaining('Nothing to add.'), 1]);
  });

  it('never adds itself, a name in use, or a name that is reserved, and says so', { tags: ['client-imported'] }, async () => {
    const servers =
      '{"mcpServers":{"plugmux":{"command":"npx","args":["-y","plugmux","stdio"]},"used":{"command":"b"},"__proto__":{"command":"p"},"":{"command":"e"},"empty":{},"text":"x"}}';
    const { start, read } = setUp(servers, '{ "mcpServers": { "used": { "command": "a" } } }');
    const before = read();
    const { code, stdout } = await start('cursor', '--yes', '--json');
    const { servers: found } = JSON.parse(stdout) as { servers: { name: string; skipped: string | null }[] };
    expect([code, found.map(({ name }) => name), read()]).toEqual([0, ['plugmux', 'used', '__proto__', '', 'empty', 'text'], before]);
    for (const { name, skipped } of found) expect([name, skipped]).toEqual([name, expect.any(String)]);
    expect(found[0]?.skipped).toContain('starts plugmux itself');
  });

  it('never prints a secret, and replaces it on request', { tags: ['client-imported'] }, async () => {
    const { start, read } = setUp({ mcpServers: { git: { command: 'x', args: ['--token', SECRET], env: { GITHUB_TOKEN: SECRET } } } });
    for (const args of [['--dry-run'], ['--json'], ['--yes', '--env-secrets']]) {
      const { code, stdout, stderr } = await start('cursor', ...args);
      expect([code, stdout.includes(SECRET), stderr.includes(SECRET)]).toEqual([0, false, false]);
    }
    expect(read()).not.toContain(SECRET);
    expect(parse(read()).mcpServers.git).toMatchObject({ env: { GITHUB_TOKEN: '${env:GITHUB_TOKEN}' } });
  });

  it('reads Codex and a file that is named', { tags: ['client-imported'] }, async () => {
    const { start, read } = setUp('[mcp_servers.far]\nurl = "https://far.example"\n', undefined, '.codex/config.toml');
    expect((await start('codex', '--yes')).code).toBe(0);
    expect(parse(read()).mcpServers).toEqual({ far: { url: 'https://far.example' } });
    const other = setUp({ servers: { near: { type: 'stdio', command: 'near' } } }, undefined, 'x.json');
    expect((await other.start('vscode', '--from', other.from, '--yes')).code).toBe(0);
    expect(parse(other.read()).mcpServers).toEqual({ near: { type: 'stdio', command: 'near' } });
  });

  it('keeps the mode of mcp.json and a link to it', { tags: ['client-imported'] }, async () => {
    const { start, dir, file } = setUp({ mcpServers: { one: { command: 'x' } } });
    const target = join(dir, 'real.json');
    renameSync(file, target);
    chmodSync(target, 0o640);
    symlinkSync(target, file);
    expect((await start('cursor', '--yes')).code).toBe(0);
    expect([lstatSync(file).isSymbolicLink(), statSync(target).mode & 0o777]).toEqual([true, 0o640]);
  });

  it('changes nothing without consent, or if a file cannot be used', { tags: ['client-imported'] }, async () => {
    const { start, read, dir } = setUp({ mcpServers: { one: { command: 'x' } } });
    const before = read();
    const say = async (...args: string[]) => {
      const { code, stderr } = await start(...args);
      return [code, stderr];
    };
    expect(await say('cursor')).toEqual([2, expect.stringContaining('--yes')]);
    expect(await say('windsurf')).toEqual([2, expect.stringContaining('--from')]);
    expect(await say('cursor', '--from', dir)).toEqual([2, expect.stringContaining('it is a folder')]);
    expect(await say('cursor', '--from', join(dir, 'none.json'))).toEqual([2, expect.stringContaining('does not exist')]);
    expect(await say('cursr')).toEqual([2, expect.stringContaining('Did you mean cursor')]);
    expect(await say('cursor', dir)).toEqual([2, expect.stringContaining('needs no folder')]);
    writeFileSync(join(dir, 'bad.json'), '{"mcpServers":');
    expect(await say('cursor', '--from', join(dir, 'bad.json'))).toEqual([2, expect.stringContaining('not valid JSON')]);
    expect(read()).toBe(before);
  });

  it('makes plugmux the only server of the client, and undoes it after later edits', { tags: ['client-imported'] }, async () => {
    const old = '\ufeff{\r\n  // mine\r\n  "mcpServers": { "one": { "command": "x" /* old */ } },\r\n  "theme": "dark"\r\n}\r\n';
    const { start, from, file } = setUp(old);
    chmodSync(from, 0o600);
    expect(await start('cursor', '--yes', '--replace-client')).toMatchObject({ code: 0, stderr: expect.stringContaining('--undo') });
    const replaced = readFileSync(from, 'utf8');
    expect(Object.keys(parse(replaced.slice(1)).mcpServers)).toEqual(['plugmux']);
    expect(parse(replaced.slice(1)).mcpServers.plugmux).toMatchObject({ args: expect.arrayContaining(['stdio', '--config', file]) });
    expect([replaced.includes('// mine'), statSync(from).mode & 0o777]).toEqual([true, 0o600]);
    // A second time changes nothing, so the backup stays the one with the servers.
    expect((await start('cursor', '--yes', '--replace-client')).stderr).toContain('already');
    writeFileSync(from, replaced.replace('dark', 'light'));
    expect((await start('cursor', '--undo')).code).toBe(0);
    expect(readFileSync(from, 'utf8')).toBe(old.replace('dark', 'light'));
    expect(await start('cursor', '--undo')).toMatchObject({ code: 2, stderr: expect.stringContaining('have changed since') });
  });

  it('prints for Codex what to write, and never changes its file', { tags: ['client-imported'] }, async () => {
    const text = '[mcp_servers.far]\nurl = "https://far.example"\n';
    const { start, from } = setUp(text, undefined, '.codex/config.toml');
    const { code, stderr } = await start('codex', '--yes', '--replace-client');
    expect([code, stderr, readFileSync(from, 'utf8')]).toEqual([0, expect.stringContaining('[mcp_servers.plugmux]'), text]);
    expect((await start('codex', '--undo')).code).toBe(2);
  });
});
