import { describe, expect, it } from 'vitest';
import { type ImportClient, placesOf } from '../../../src/cli/import/places.ts';
import { planImport } from '../../../src/cli/import/plan.ts';
import { serversInToml } from '../../../src/cli/import/read-codex.ts';
import { parseClientJson, serversInJson, withGeminiVariables } from '../../../src/cli/import/read-json.ts';
import { withoutSecrets } from '../../../src/cli/import/secrets.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';

const json = (client: ImportClient, text: string, cwd = '/work') =>
  Object.fromEntries(serversInJson(client, parseClientJson('f.json', text), cwd));
const plan = (server: JsonObject, file = '/home/ada/.cursor/mcp.json') => planImport([{ name: 'one', file, server }], () => undefined)[0];

describe('the files of clients', () => {
  it('are looked for where each platform keeps them', { tags: ['client-imported'] }, () => {
    const at = (platform: NodeJS.Platform, client: ImportClient, env = {}) =>
      placesOf(client, {
        platform,
        home: platform === 'win32' ? 'C:\\Users\\ada' : '/home/ada',
        cwd: platform === 'win32' ? 'C:\\p' : '/p',
        env,
      });
    expect(at('linux', 'claude-desktop')).toEqual(['/home/ada/.config/Claude/claude_desktop_config.json']);
    expect(at('darwin', 'vscode')).toEqual(['/p/.vscode/mcp.json', '/home/ada/Library/Application Support/Code/User/mcp.json']);
    expect(at('win32', 'claude-desktop')).toEqual(['C:\\Users\\ada\\AppData\\Roaming\\Claude\\claude_desktop_config.json']);
    expect(at('win32', 'vscode', { APPDATA: 'D:\\Roaming' })[1]).toBe('D:\\Roaming\\Code\\User\\mcp.json');
    expect(at('linux', 'codex', { CODEX_HOME: '/c' })).toEqual(['/p/.codex/config.toml', '/c/config.toml']);
    expect(at('linux', 'claude-code')).toEqual(['/p/.mcp.json', '/home/ada/.claude.json']);
    expect(at('linux', 'windsurf')[0]).toBe('/home/ada/.codeium/windsurf/mcp_config.json');
  });

  it('are read with comments, trailing commas, CRLF and a byte order mark', { tags: ['client-imported'] }, () => {
    const text = '\ufeff{\r\n  // mine\r\n  "mcpServers": { "a": { "command": "x", "args": ["//no"], }, /* b */ },\r\n}\r\n';
    expect(json('cursor', text)).toEqual({ a: { command: 'x', args: ['//no'] } });
    expect(json('vscode', '{"servers":{"b":{"type":"http","url":"https://b.example"}},"inputs":[]}')).toHaveProperty('b');
    expect(json('vscode', '{"mcp":{"servers":{"c":{"command":"c"}}}}')).toHaveProperty('c');
    const user =
      '{"mcpServers":{"d":{"command":"d"}},"projects":{"/work":{"mcpServers":{"e":{"command":"e"}}},"/other":{"mcpServers":{"f":{}}}}}';
    expect(Object.keys(json('claude-code', user))).toEqual(['d', 'e']);
    expect(Object.keys(json('cursor', '{"mcpServers":{"__proto__":{"command":"p"}}}'))).toEqual(['__proto__']);
  });

  it.each(['{', '[]', '{"a":1,"a":2}', 'null', '', '{"a":"\u0001"}'])('are rejected if they are broken: %j', (text) => {
    expect(() => parseClientJson('f.json', text)).toThrow(/f\.json/);
  });

  it('of Codex become entries with the same meaning', { tags: ['client-imported'] }, () => {
    const text = `
[mcp_servers.far]
url = "https://far.example/mcp"
bearer_token_env_var = "FAR_TOKEN"
http_headers = { "X-Region" = "eu" }
env_http_headers = { "X-Team" = "TEAM" }
startup_timeout_sec = 2.5
tool_timeout_sec = 60
enabled = false
required = true
[mcp_servers.near]
command = "npx"
args = ["-y", "near"]
env_vars = ["HOME_TOKEN", { name = "OTHER", source = "local" }]
enabled_tools = ["a"]
[mcp_servers.near.env]
MODE = "fast"
`;
    expect(Object.fromEntries(serversInToml('c.toml', text))).toEqual({
      far: {
        url: 'https://far.example/mcp',
        headers: { 'X-Region': 'eu', 'X-Team': '${env:TEAM}', Authorization: 'Bearer ${env:FAR_TOKEN}' },
        limits: { startTimeoutMs: 2500, callTimeoutMs: 60_000 },
        enabled: false,
        required: true,
      },
      near: {
        command: 'npx',
        args: ['-y', 'near'],
        env: { HOME_TOKEN: '${env:HOME_TOKEN}', OTHER: '${env:OTHER}', MODE: 'fast' },
        includeTools: ['a'],
      },
    });
    expect(() => serversInToml('c.toml', '[mcp_servers')).toThrow(/c\.toml is not valid TOML/);
  });

  it('of Gemini CLI have their variables rewritten', { tags: ['client-imported'] }, () => {
    expect(withGeminiVariables({ env: { A: '$TOKEN', B: '${TOKEN}', C: 'a$' }, args: ['$X/y'] })).toEqual({
      env: { A: '${env:TOKEN}', B: '${TOKEN}', C: 'a$' },
      args: ['${env:X}/y'],
    });
  });
});

describe('a planned server', () => {
  it('names what is not carried over, and makes paths absolute', { tags: ['client-imported'] }, () => {
    const found = plan(
      { command: './run.sh', args: ['${workspaceFolder}/x'], envFile: '.env', dev: { watch: '*' }, sandboxEnabled: true },
      '/p/.vscode/mcp.json',
    );
    expect(found).toMatchObject({
      kind: 'stdio',
      unknown: ['dev', 'sandboxEnabled'],
      entry: { command: '/p/run.sh', args: ['/p/x'], envFile: '/p/.env' },
    });
    expect(plan({ httpUrl: 'https://a.example', trust: true, disabled: true })?.notes).toEqual([
      'it is disabled',
      expect.stringContaining('trust'),
    ]);
    expect(plan({ command: 'x', env: { K: '${input:api-key}' } })?.notes).toEqual([expect.stringContaining('PLUGMUX_INPUT_API_KEY')]);
    expect(planImport([{ name: 'a', file: '/f', server: 7 }], () => undefined)[0]?.skipped).toBe('the entry is not an object');
  });
});

describe('secrets in plain text', () => {
  it('are found in variables, headers, arguments and addresses', { tags: ['client-imported'] }, () => {
    const SECRET = 'ghp_0123456789abcdefghij';
    const server = {
      command: 'x',
      args: ['--api-key', SECRET, `--token=${SECRET}2`, '--port', '80', '--header', `Authorization: Bearer ${SECRET}3`],
      env: { GITHUB_TOKEN: `${SECRET}4`, MODE: 'fast', LATER_TOKEN: '${env:LATER}' },
      headers: { Authorization: `Bearer ${SECRET}5`, Accept: 'text/plain' },
      url: `https://user:${SECRET}6@a.example/mcp?api_key=${SECRET}7`,
    };
    const { entry, secrets } = withoutSecrets('my git', server, new Map());
    expect(JSON.stringify(entry)).not.toContain(SECRET);
    expect(secrets).toHaveLength(7);
    expect(entry).toMatchObject({
      args: [
        '--api-key',
        '${env:MY_GIT_API_KEY}',
        expect.stringMatching(/^--token=\$\{env:MY_GIT_TOKEN\}$/),
        '--port',
        '80',
        '--header',
        expect.stringMatching(/^Authorization: Bearer \$\{env:/),
      ],
      env: { GITHUB_TOKEN: '${env:GITHUB_TOKEN}', MODE: 'fast', LATER_TOKEN: '${env:LATER}' },
      headers: { Accept: 'text/plain', Authorization: expect.stringMatching(/^Bearer \$\{env:/) },
    });
  });

  it('of two servers never share a variable', { tags: ['client-imported'] }, () => {
    const taken = new Map<string, string>();
    const variable = (value: string) => withoutSecrets('a', { env: { API_KEY: value } }, taken).secrets[0]?.variable;
    expect([variable('one-secret'), variable('two-secret'), variable('one-secret')]).toEqual(['API_KEY', 'API_KEY_2', 'API_KEY']);
  });
});
