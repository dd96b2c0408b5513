import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BIN } from '../support/gateway.ts';
import { describeWithPython } from '../support/python.ts';
import { tempFolder } from '../support/temp.ts';

const TERMINAL = fileURLToPath(new URL('../support/terminal.py', import.meta.url));
const SECRET = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
const [YES, NO, CTRL_C, CTRL_D] = ['y\r', 'n\r', '\u0003', '\u0004'];
const OWN = '{\n  // kept\n  "mcpServers": {}\n}\n';

/** A client's file as its documentation shows it: place, text, and the first server with its entry after the import. */
const CLIENTS: readonly [string, string, string, string, object][] = [
  [
    'claude-desktop',
    '.config/Claude/claude_desktop_config.json',
    JSON.stringify({ mcpServers: { hub: { command: 'docker', args: ['run', '-e', 'HUB_TOKEN'], env: { HUB_TOKEN: SECRET } } } }),
    'hub',
    { command: 'docker', args: ['run', '-e', 'HUB_TOKEN'], env: { HUB_TOKEN: '${env:HUB_TOKEN}' } },
  ],
  [
    'claude-code',
    '.claude.json',
    JSON.stringify({
      numStartups: 4,
      mcpServers: { far: { type: 'http', url: 'https://far.example/mcp', headersHelper: '/opt/h', headers: { 'X-Api-Key': SECRET } } },
      projects: { '/other': { mcpServers: { hidden: { command: 'x' } } } },
    }),
    'far',
    { type: 'http', url: 'https://far.example/mcp', headers: { 'X-Api-Key': '${env:FAR_X_API_KEY}' } },
  ],
  [
    'cursor',
    '.cursor/mcp.json',
    JSON.stringify({ mcpServers: { base: { command: 'npx', args: ['pg', `postgresql://ada:${SECRET}@db.example/main`] } } }),
    'base',
    { command: 'npx', args: ['pg', 'postgresql://ada:${env:BASE_URL_SECRET}@db.example/main'] },
  ],
  [
    'vscode',
    '.config/Code/User/mcp.json',
    `{\n// keys\n"inputs": [{ "type": "promptString", "id": "k", "password": true }],\n"servers": { "dev": { "type": "stdio", "command": "node", "args": ["\${workspaceFolder}/s.js"], "env": { "API_KEY": "${SECRET}" } }, } }`,
    'dev',
    { type: 'stdio', command: 'node', args: ['<cwd>/s.js'], env: { API_KEY: '${env:API_KEY}' } },
  ],
  [
    'gemini-cli',
    '.gemini/settings.json',
    JSON.stringify({
      theme: 'x',
      mcpServers: { near: { httpUrl: 'http://localhost:3000/mcp', headers: { Authorization: `Bearer ${SECRET}` } } },
    }),
    'near',
    { httpUrl: 'http://localhost:3000/mcp', headers: { Authorization: 'Bearer ${env:NEAR_AUTHORIZATION}' } },
  ],
  [
    'codex',
    '.codex/config.toml',
    `model = "m"\n[mcp_servers.seven]\ncommand = "npx"\nenv_vars = ["LOCAL"]\n[mcp_servers.seven.env]\nSEVEN_KEY = "${SECRET}"\n`,
    'seven',
    { command: 'npx', env: { LOCAL: '${env:LOCAL}', SEVEN_KEY: '${env:SEVEN_KEY}' } },
  ],
  [
    'windsurf',
    '.codeium/windsurf/mcp_config.json',
    JSON.stringify({ mcpServers: { wind: { serverUrl: 'https://w.example/mcp', headers: { 'API-KEY': SECRET }, disabledTools: ['x'] } } }),
    'wind',
    { serverUrl: 'https://w.example/mcp', headers: { 'API-KEY': '${env:WIND_API_KEY}' }, disabledTools: ['x'] },
  ],
];

function setUp([client, place, text]: (typeof CLIENTS)[number]) {
  const dir = tempFolder();
  const home = join(dir, 'home');
  const [file, theirs] = [join(dir, 'work/mcp.json'), join(home, place)];
  for (const path of [file, theirs]) mkdirSync(dirname(path), { recursive: true });
  writeFileSync(file, OWN);
  writeFileSync(theirs, text);
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), CODEX_HOME: join(home, '.codex') };
  const answer = (answers: readonly string[], ...more: string[]): Promise<{ output: string; code: number }> => {
    const command = [process.execPath, BIN, 'import', client, '--config', file, ...more];
    const child = spawn('python3', [TERMINAL, '[y/N]', JSON.stringify(answers), ...command], { env, cwd: dirname(file) });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    return new Promise((resolve) => child.on('close', () => resolve(JSON.parse(out) as { output: string; code: number })));
  };
  const files = () => [readFileSync(file, 'utf8'), readFileSync(theirs, 'utf8'), readdirSync(dirname(file)), readdirSync(dirname(theirs))];
  return { file, theirs, answer, files };
}

describeWithPython('plugmux import on a terminal', () => {
  it.each(CLIENTS)('shows, asks, and writes the servers of %s without their secrets', { tags: ['client-imported'] }, async (...client) => {
    const [, , , name, entry] = client;
    const { file, answer, files } = setUp(client);
    const { output, code } = await answer([YES, YES]);
    expect([code, output.includes(SECRET)]).toEqual([0, false]);
    expect(output).toMatch(new RegExp(`${name} +(stdio|http) +add`));
    const { mcpServers } = JSON.parse(String(files()[0]).replace('// kept', '')) as { mcpServers: object };
    expect(mcpServers).toEqual({ [name]: JSON.parse(JSON.stringify(entry).replace('<cwd>', dirname(file))) });
    expect(files()[1]).toBe(client[2]);
  });

  it.each([
    ['the first question is declined', [NO], 0],
    ['Ctrl-C is pressed at the first question', [CTRL_C], 1],
    ['Ctrl-C is pressed at the second question', [YES, CTRL_C], 1],
    ['the terminal ends at the second question', [YES, CTRL_D], 1],
    ['Ctrl-C is pressed at the last question', [YES, YES, CTRL_C], 1],
  ])('changes no file if %s', { tags: ['client-imported'] }, async (_, answers, expected) => {
    const { answer, files } = setUp(CLIENTS[0] as (typeof CLIENTS)[number]);
    const before = files();
    const { output, code } = await answer(answers, '--replace-client');
    expect([code, files(), output.includes(SECRET)]).toEqual([expected, before, false]);
  });

  it('replaces the client after the last answer, and undoes it', { tags: ['client-imported'] }, async () => {
    const { answer, files } = setUp(CLIENTS[0] as (typeof CLIENTS)[number]);
    const before = files()[1];
    expect((await answer([YES, YES, YES], '--replace-client')).code).toBe(0);
    expect(files()[1]).toContain('plugmux');
    expect((await answer([], '--undo')).code).toBe(0);
    expect(files()[1]).toBe(before);
  });
});
