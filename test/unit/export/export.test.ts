import { describe, expect, it } from 'vitest';
import { httpLines } from '../../../src/cli/connect.ts';
import { exportAnthropic } from '../../../src/export/anthropic.ts';
import { exportClaudeCode } from '../../../src/export/clients/claude-code.ts';
import { exportClaudeDesktop } from '../../../src/export/clients/claude-desktop.ts';
import { exportCline } from '../../../src/export/clients/cline.ts';
import { exportCodex } from '../../../src/export/clients/codex.ts';
import { exportContinue } from '../../../src/export/clients/continue.ts';
import { exportCopilotCli } from '../../../src/export/clients/copilot-cli.ts';
import { exportCursor } from '../../../src/export/clients/cursor.ts';
import { exportGeminiCli } from '../../../src/export/clients/gemini-cli.ts';
import { exportOpencode } from '../../../src/export/clients/opencode.ts';
import { exportVscode } from '../../../src/export/clients/vscode.ts';
import { exportWindsurf } from '../../../src/export/clients/windsurf.ts';
import { exportZed } from '../../../src/export/clients/zed.ts';
import type { Exporter, ExportSource, Server } from '../../../src/export/exporter.ts';
import { exportGemini } from '../../../src/export/gemini.ts';
import { exportOpenai } from '../../../src/export/openai.ts';
import { exportOpenapi } from '../../../src/export/openapi.ts';
import type { VisibleTool } from '../../../src/gateway/view/visible-tool.ts';

const SCHEMA = { type: 'object', properties: { what: { type: 'string' } } };
const START: Server = { command: 'node', args: ['main.js', 'stdio'] };
const API = 'http://127.0.0.1:8808/api/tools';
const URL = 'http://127.0.0.1:8808/mcp';

const tool = (name: string, approval: string) =>
  ({
    approval,
    entry: {
      name,
      description: `The tool ${name}`,
      input: SCHEMA,
      headers: [],
      plugin: { id: 'notes' },
      tool: {},
    },
    shape: { input: SCHEMA },
  }) as unknown as VisibleTool;
const TOOLS = [tool('erase', 'required'), tool('wipe', 'auto'), tool('runs', 'auto'), tool('list', 'client')];
const MERGE = expect.stringContaining('Merge this into the file');
const source = (server: Server = START, tools: readonly VisibleTool[] = TOOLS): ExportSource => ({
  name: 'plugmux',
  server,
  api: API,
  tools,
});

describe('exports for clients', () => {
  it('give Claude Code its server and permission rules', { tags: ['approval-exported'] }, () => {
    expect(exportClaudeCode(source())).toEqual([
      {
        file: '.mcp.json',
        note: expect.stringContaining('trust the folder'),
        content: { mcpServers: { plugmux: { type: 'stdio', ...START } } },
      },
      {
        file: '.claude/settings.json',
        note: expect.stringContaining('trust the folder'),
        content: { permissions: { allow: ['mcp__plugmux__wipe', 'mcp__plugmux__runs'] } },
      },
    ]);
  });

  it('give Cursor its server and its list of tools', { tags: ['approval-exported'] }, () => {
    expect(exportCursor(source())).toEqual([
      { file: '~/.cursor/mcp.json', note: MERGE, content: { mcpServers: { plugmux: START } } },
      {
        file: '~/.cursor/permissions.json',
        note: expect.stringContaining('replaces the one in the settings'),
        content: { mcpAllowlist: ['plugmux:wipe', 'plugmux:runs'] },
      },
    ]);
  });

  it('give Gemini CLI its server and a rule of its policy engine', { tags: ['approval-exported'] }, () => {
    expect(exportGeminiCli(source({ url: URL }))).toEqual([
      { file: '~/.gemini/settings.json', note: MERGE, content: { mcpServers: { plugmux: { httpUrl: URL } } } },
      {
        file: '~/.gemini/policies/plugmux.toml',
        note: expect.stringContaining('separate file'),
        content: '[[rule]]\nmcpName = "plugmux"\ntoolName = ["wipe","runs"]\ndecision = "allow"\npriority = 100\n',
      },
    ]);
  });

  it('give VS Code and Claude Desktop their server, and name what to allow by hand', () => {
    expect(exportVscode(source())).toEqual([
      { file: '.vscode/mcp.json', note: MERGE, content: { servers: { plugmux: { type: 'stdio', ...START } } } },
      { note: expect.stringMatching(/Manage Tool Approval.*: wipe, runs$/) },
    ]);
    expect(exportClaudeDesktop(source())).toEqual([
      { file: 'claude_desktop_config.json', note: MERGE, content: { mcpServers: { plugmux: START } } },
      { note: expect.stringMatching(/Always allow.*: wipe, runs$/) },
    ]);
  });

  it('give Copilot CLI its server, and the flags that let tools run', { tags: ['approval-exported'] }, () => {
    expect(exportCopilotCli(source())).toEqual([
      {
        file: '~/.copilot/mcp-config.json',
        note: MERGE,
        content: { mcpServers: { plugmux: { type: 'local', ...START, tools: ['*'] } } },
      },
      { note: expect.stringMatching(/: copilot --allow-tool='plugmux\(wipe\)' --allow-tool='plugmux\(runs\)'$/) },
    ]);
  });

  it('give Codex a table that waits for the server, and an approval for each tool', { tags: ['approval-exported'] }, () => {
    const content = [
      '[mcp_servers.plugmux]',
      'command = "node"',
      'args = ["main.js", "stdio"]',
      'required = true',
      'startup_timeout_sec = 60',
      '',
      '[mcp_servers.plugmux.tools."wipe"]',
      'approval_mode = "approve"',
      '',
      '[mcp_servers.plugmux.tools."runs"]',
      'approval_mode = "approve"',
      '',
    ];
    expect(exportCodex(source())).toEqual([{ file: '~/.codex/config.toml', note: MERGE, content: content.join('\n') }]);
    const remote = exportCodex(source({ url: URL, tokenFrom: 'PLUGMUX_TOKEN' }))[0]?.content;
    expect(remote).toContain(`url = "${URL}"\nbearer_token_env_var = "PLUGMUX_TOKEN"\nrequired = true`);
  });

  it('give opencode, Cline and Zed their server and their permissions', { tags: ['approval-exported'] }, () => {
    expect(exportOpencode(source())[0]).toEqual({
      file: '~/.config/opencode/opencode.json',
      note: MERGE,
      content: {
        mcp: { plugmux: { type: 'local', command: ['node', 'main.js', 'stdio'], enabled: true } },
        permission: { 'plugmux_*': 'ask', plugmux_wipe: 'allow', plugmux_runs: 'allow' },
      },
    });
    // The last matching rule wins.
    expect(JSON.stringify(exportOpencode(source()))).toContain('{"plugmux_*":"ask",');
    expect(exportCline(source({ url: URL }))[0]).toEqual({
      file: '~/.cline/data/settings/cline_mcp_settings.json',
      note: MERGE,
      content: { mcpServers: { plugmux: { type: 'streamableHttp', url: URL, autoApprove: ['wipe', 'runs'] } } },
    });
    expect(exportZed(source())[0]).toEqual({
      file: '~/.config/zed/settings.json',
      note: MERGE,
      content: {
        context_servers: { plugmux: START },
        agent: { tool_permissions: { tools: { 'mcp:plugmux:wipe': { default: 'allow' }, 'mcp:plugmux:runs': { default: 'allow' } } } },
      },
    });
  });

  it('give Windsurf and Continue their server, and name what to allow by hand', () => {
    expect(exportWindsurf(source({ url: URL }))).toEqual([
      { file: '~/.codeium/windsurf/mcp_config.json', note: MERGE, content: { mcpServers: { plugmux: { serverUrl: URL } } } },
      { note: expect.stringMatching(/: wipe, runs$/) },
    ]);
    expect(exportContinue(source())).toEqual([
      {
        file: '.continue/mcpServers/plugmux.yaml',
        note: expect.stringContaining('separate file'),
        content: { name: 'plugmux', version: '0.0.1', schema: 'v1', mcpServers: [{ name: 'plugmux', type: 'stdio', ...START }] },
      },
      { note: expect.stringMatching(/: wipe, runs$/) },
    ]);
  });

  it.each<[string, Exporter]>([
    ['Claude Code', exportClaudeCode],
    ['Claude Desktop', exportClaudeDesktop],
    ['Cursor', exportCursor],
    ['VS Code', exportVscode],
    ['Gemini CLI', exportGeminiCli],
    ['copilot-cli', exportCopilotCli],
    ['codex', exportCodex],
    ['opencode', exportOpencode],
    ['cline', exportCline],
    ['windsurf', exportWindsurf],
    ['zed', exportZed],
    ['continue', exportContinue],
  ])('omit an empty allow-list: %s', (_, exporter) => {
    expect(exporter(source(START, [tool('erase', 'required'), tool('list', 'client')]))).toHaveLength(1);
  });

  it.each<[string, Exporter, string]>([
    ['Claude Code', exportClaudeCode, '${PLUGMUX_TOKEN}'],
    ['Cursor', exportCursor, '${env:PLUGMUX_TOKEN}'],
    ['VS Code', exportVscode, '${env:PLUGMUX_TOKEN}'],
    ['Gemini CLI', exportGeminiCli, '$PLUGMUX_TOKEN'],
    ['Copilot CLI', exportCopilotCli, '${PLUGMUX_TOKEN}'],
    ['opencode', exportOpencode, '{env:PLUGMUX_TOKEN}'],
    ['Cline', exportCline, '${env:PLUGMUX_TOKEN}'],
    ['Windsurf', exportWindsurf, '${env:PLUGMUX_TOKEN}'],
    ['Zed', exportZed, '<PLUGMUX_TOKEN>'],
    ['Continue', exportContinue, '${{ secrets.PLUGMUX_TOKEN }}'],
  ])('name the variable that holds the token, and never a token: %s', (_, exporter, variable) => {
    const text = JSON.stringify(exporter(source({ url: URL, tokenFrom: 'PLUGMUX_TOKEN' })));
    expect(text).toContain(`{"Authorization":"Bearer ${variable}"}`);
  });
});

describe('exports for APIs', () => {
  const first = { name: 'erase', description: 'The tool erase' };
  const contentOf = (exporter: Exporter): unknown => exporter(source())[0]?.content;

  it('declare the tools in the format of each API', () => {
    expect(contentOf(exportOpenai)).toContainEqual({ type: 'function', ...first, parameters: SCHEMA, strict: false });
    expect(contentOf(exportAnthropic)).toContainEqual({ ...first, input_schema: SCHEMA });
    const [{ functionDeclarations }] = contentOf(exportGemini) as [{ functionDeclarations: object[] }];
    expect(functionDeclarations[0]).toEqual({ ...first, parametersJsonSchema: SCHEMA });
    expect(functionDeclarations).toHaveLength(TOOLS.length);
  });

  it('describe one POST for each tool', () => {
    const { servers, paths } = contentOf(exportOpenapi) as { servers: object[]; paths: Record<string, { post: object }> };
    expect(servers).toEqual([{ url: API }]);
    expect(Object.keys(paths)).toEqual(TOOLS.map(({ entry }) => `/${entry.name}`));
    expect(paths['/erase']?.post).toMatchObject({
      operationId: 'erase',
      requestBody: { content: { 'application/json': { schema: SCHEMA } } },
    });
  });
});

describe('the lines that connect clients to a running gateway', () => {
  it('name every client that has an export and accepts an address', () => {
    const lines = httpLines(URL);
    expect(lines.map(({ client }) => client)).toEqual([
      'Claude Code',
      'Cursor',
      'VS Code',
      'Gemini CLI',
      'Copilot CLI',
      'Codex',
      'opencode',
      'Cline',
      'Windsurf',
      'Zed',
      'Continue',
    ]);
    for (const { line } of lines) expect(line).toContain(URL);
  });
});
