import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFolder } from '../support/folders.ts';
import { run } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';

const SECRET = 'ghp_0123456789abcdefghij';
const skill = (name: string) => `---\nname: ${name}\ndescription: d\n---\nText\n`;
const manifest = {
  manifest_version: '0.3',
  name: 'My Bundle',
  version: '1',
  server: { type: 'node', entry_point: 'x', mcp_config: { command: 'sh', args: ['-c', 'touch ${HOME}/ran'] } },
};
const bomb = (name: string) => ({ [name]: { command: 'sh', args: ['-c', `touch $HOME/ran-${name}`] } });

/** A home in which every client has something. */
function setUp(mcp: string | undefined = '{\n  // kept\n  "plugins": {}\n}\n') {
  const dir = tempFolder();
  const home = join(dir, 'home');
  const project = join(dir, 'project');
  const plugin = join(home, '.claude/plugins/cache/market/helper/1.0.0');
  writeFolder(home, {
    '.claude.json': { mcpServers: bomb('of-claude') },
    '.config/Claude/claude_desktop_config.json': { mcpServers: { desk: { command: 'x', env: { API_TOKEN: SECRET } } } },
    '.config/Claude/Claude Extensions/my.bundle/manifest.json': {
      ...manifest,
      user_config: { k: { type: 'string', title: 't', description: 'd' } },
    },
    '.config/Claude/Claude Extensions/none/readme.txt': 'x',
    '.claude/plugins/installed_plugins.json': { plugins: { 'helper@market': [{ installPath: plugin, version: '1.0.0' }] } },
    '.claude/plugins/cache/market/helper/1.0.0/.claude-plugin/plugin.json': { name: 'helper' },
    '.claude/plugins/cache/market/helper/1.0.0/commands/hi.md': 'Hi',
    '.claude/skills/one/SKILL.md': skill('one'),
    '.agents/skills/shared/SKILL.md': skill('shared'),
    '.codex/config.toml': '[mcp_servers.of-codex]\ncommand = "x"\n',
    '.codex/plugins/cache/m/tool/1/.codex-plugin/plugin.json': { name: 'tool' },
    '.cursor/mcp.json': '{ broken',
    '.cursor/plugins/local/mine/.cursor-plugin/plugin.json': { name: 'mine' },
    '.gemini/settings.json': { mcpServers: bomb('of-gemini') },
    '.gemini/extensions/ext/gemini-extension.json': { name: 'ext', version: '1', mcpServers: bomb('in-ext') },
    '.config/Code/User/mcp.json': { servers: { 'of-code': { command: 'x' } } },
    'elsewhere/skills/no/SKILL.md': skill('no'),
  });
  writeFolder(project, { '.claude/skills/local/SKILL.md': skill('local') });
  const file = join(dir, 'mcp.json');
  if (mcp !== undefined) writeFileSync(file, mcp);
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), CODEX_HOME: undefined, CLAUDE_CONFIG_DIR: undefined };
  const start = (args: readonly string[], command = 'discover') => run([command, ...args, '--config', file], { cwd: project, env });
  return {
    dir,
    home,
    file,
    start,
    read: () => readFileSync(file, 'utf8'),
    ran: () => readdirSync(home).filter((name) => name.startsWith('ran')),
  };
}

interface Found {
  readonly client: string;
  readonly kind: string;
  readonly id: string;
  readonly skipped: string | null;
  readonly names: readonly string[];
}
const found = (stdout: string) => (JSON.parse(stdout) as { found: Found[] }).found;
const named = ({ client, kind, id }: Found) => `${client} ${kind} ${id}`;

describe('plugmux discover', { tags: ['discover'] }, () => {
  it('lists what every client has, and writes nothing', async () => {
    const { start, read, ran } = setUp();
    const before = read();
    const { code, stdout, stderr } = await start(['--json']);
    expect(code).toBe(0);
    expect(found(stdout).map(named)).toEqual([
      'claude-desktop server desk',
      'claude-code server of-claude',
      'vscode server of-code',
      'gemini-cli server of-gemini',
      'codex server of-codex',
      'claude-code plugin claude-plugins',
      'codex plugin tool',
      'cursor plugin mine',
      'gemini-cli plugin ext',
      'claude-desktop bundle My-Bundle',
      'agents skills agents-skills',
      'claude-code skills claude-skills',
      'claude-code skills project-claude-skills',
    ]);
    expect(found(stdout).find(({ id }) => id === 'claude-plugins')?.names).toEqual(['helper@market']);
    expect(stderr).toContain('.cursor/mcp.json is not valid JSON');
    expect([stdout.includes(SECRET), read(), ran()]).toEqual([false, before, []]);
    const shown = await start([]);
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('Nothing was written. --yes adds them.')]);
    expect(shown.stdout).toMatch(/claude-desktop +bundle +My-Bundle +add +\S+/);
    expect(shown.stdout.includes(SECRET)).toBe(false);
  });

  it('adds entries that work, with a backup, and only once', async () => {
    const { dir, start, read, ran } = setUp();
    const before = read();
    const { code, stdout, stderr } = await start(['--yes', '--env-secrets']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Added desk, of-claude,')]);
    expect(stderr).toContain('note: set API_TOKEN (desk).');
    const text = read();
    const { plugins, mcpServers } = JSON.parse(text.replace('// kept', '')) as Record<string, Record<string, object>>;
    expect(plugins).toMatchObject({
      'claude-plugins': { format: 'claude', path: '~/.claude/plugins' },
      ext: { format: 'gemini', path: '~/.gemini/extensions/ext' },
      'My-Bundle': { format: 'mcpb', path: '~/.config/Claude/Claude Extensions/my.bundle' },
      'claude-skills': { from: 'claude' },
      'project-claude-skills': { format: 'skills', path: join(dir, 'project/.claude/skills') },
    });
    expect(mcpServers?.desk).toEqual({ command: 'x', env: { API_TOKEN: '${env:API_TOKEN}' } });
    expect(text).toContain('// kept');
    const [backup = ''] = readdirSync(dir).filter((name) => name.startsWith('mcp.json.backup-'));
    expect(readFileSync(join(dir, backup), 'utf8')).toBe(before);
    expect(ran()).toEqual([]);
    const again = await start(['--json', '--yes']);
    expect(found(again.stdout).map(({ skipped }) => skipped)).not.toContain(null);
    expect(read()).toBe(text);
    // What was added is read as what it is.
    const { stdout: schema, code: listed } = await start(['helper'], 'info');
    expect([listed, schema.includes('claude')]).toEqual([0, true]);
  });

  it('shows one client alone, and refuses the name of none', async () => {
    const { start } = setUp();
    expect(found((await start(['gemini-cli', '--json'])).stdout).map(named)).toEqual([
      'gemini-cli server of-gemini',
      'gemini-cli plugin ext',
    ]);
    const { code, stderr } = await start(['gemini']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Nothing of "gemini" can be found.')]);
  });

  it('proposes another id where one is taken, and skips what is there already', async () => {
    const { start } = setUp('{ "plugins": { "skills": { "from": "claude" }, "ext": { "path": "~/.agents/skills" } } }');
    const all = found((await start(['--json'])).stdout);
    expect(all.find(({ client, kind }) => client === 'gemini-cli' && kind === 'plugin')).toMatchObject({ id: 'ext-2', skipped: null });
    expect(all.find(({ id }) => id === 'claude-skills')?.skipped).toBe('it is there already as "skills"');
    expect(all.find(({ id }) => id === 'agents-skills')?.skipped).toBe('it is there already as "ext"');
  });

  it('finds nothing in an empty home', async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'mcp.json'), '{}');
    const env = { HOME: join(dir, 'none'), XDG_CONFIG_HOME: undefined, CODEX_HOME: undefined, CLAUDE_CONFIG_DIR: undefined };
    const { code, stdout } = await run(['discover', '--config', join(dir, 'mcp.json')], { cwd: dir, env });
    const isMachine = existsSync('/etc/codex/skills');
    expect([code, stdout]).toEqual([0, isMachine ? expect.any(String) : 'Nothing was found.\nNothing to add.\n']);
  });
});
