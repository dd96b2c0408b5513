import { describe, expect, it } from 'vitest';
import { exportAnthropic } from '../../../src/cli/export/anthropic.ts';
import { exportClaudeCode } from '../../../src/cli/export/claude-code.ts';
import { exportClaudeDesktop } from '../../../src/cli/export/claude-desktop.ts';
import { exportCursor } from '../../../src/cli/export/cursor.ts';
import type { Exporter, ExportSource, Server } from '../../../src/cli/export/exporter.ts';
import { exportGemini } from '../../../src/cli/export/gemini.ts';
import { exportGeminiCli } from '../../../src/cli/export/gemini-cli.ts';
import { exportOpenai } from '../../../src/cli/export/openai.ts';
import { exportOpenapi } from '../../../src/cli/export/openapi.ts';
import { exportVscode } from '../../../src/cli/export/vscode.ts';
import type { VisibleTool } from '../../../src/gateway/visible-tool.ts';

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
      input: { ...SCHEMA, additionalProperties: false },
      headers: [],
      plugin: { id: 'notes' },
    },
    shape: { input: SCHEMA },
  }) as unknown as VisibleTool;
const TOOLS = [tool('erase', 'required'), tool('wipe', 'auto'), tool('runs', 'auto'), tool('list', 'client')];
const source = (server: Server = START, tools: readonly VisibleTool[] = TOOLS): ExportSource => ({
  name: 'plugmux',
  server,
  api: API,
  tools,
});

describe('exports for clients', () => {
  it('give Claude Code its server and permission rules', { tags: ['approval-exported'] }, () => {
    expect(exportClaudeCode(source())).toEqual([
      { file: '.mcp.json', content: { mcpServers: { plugmux: { type: 'stdio', ...START } } } },
      { file: '.claude/settings.json', content: { permissions: { allow: ['mcp__plugmux__wipe', 'mcp__plugmux__runs'] } } },
    ]);
  });

  it('give Cursor its server and its list of tools', { tags: ['approval-exported'] }, () => {
    expect(exportCursor(source())).toEqual([
      { file: '~/.cursor/mcp.json', content: { mcpServers: { plugmux: START } } },
      { file: '~/.cursor/permissions.json', content: { mcpAllowlist: ['plugmux:wipe', 'plugmux:runs'] } },
    ]);
  });

  it('give Gemini CLI its server and a rule of its policy engine', { tags: ['approval-exported'] }, () => {
    expect(exportGeminiCli(source({ url: URL }))).toEqual([
      { file: '~/.gemini/settings.json', content: { mcpServers: { plugmux: { httpUrl: URL } } } },
      {
        file: '~/.gemini/policies/plugmux.toml',
        content: '[[rule]]\nmcpName = "plugmux"\ntoolName = ["wipe","runs"]\ndecision = "allow"\npriority = 100\n',
      },
    ]);
  });

  it('give VS Code and Claude Desktop their server, and tell what to allow by hand', () => {
    expect(exportVscode(source())).toEqual([
      { file: '.vscode/mcp.json', content: { servers: { plugmux: { type: 'stdio', ...START } } } },
      { note: expect.stringMatching(/Manage Tool Approval.*: wipe, runs$/) },
    ]);
    expect(exportClaudeDesktop(source())).toEqual([
      { file: 'claude_desktop_config.json', content: { mcpServers: { plugmux: START } } },
      { note: expect.stringMatching(/Always allow.*: wipe, runs$/) },
    ]);
  });

  it.each<[string, Exporter]>([
    ['Claude Code', exportClaudeCode],
    ['Claude Desktop', exportClaudeDesktop],
    ['Cursor', exportCursor],
    ['VS Code', exportVscode],
    ['Gemini CLI', exportGeminiCli],
  ])('leave the allow-list out where nothing is on it: %s', (_, exporter) => {
    expect(exporter(source(START, [tool('erase', 'required'), tool('list', 'client')]))).toHaveLength(1);
  });

  it.each<[string, Exporter, string]>([
    ['Claude Code', exportClaudeCode, '${PLUGMUX_TOKEN}'],
    ['Cursor', exportCursor, '${env:PLUGMUX_TOKEN}'],
    ['VS Code', exportVscode, '${env:PLUGMUX_TOKEN}'],
    ['Gemini CLI', exportGeminiCli, '$PLUGMUX_TOKEN'],
  ])('name the variable that holds the token, and never a token: %s', (_, exporter, variable) => {
    const text = JSON.stringify(exporter(source({ url: URL, tokenFrom: 'PLUGMUX_TOKEN' })));
    expect(text).toContain(`{"Authorization":"Bearer ${variable}"}`);
  });
});

describe('exports for APIs', () => {
  const first = { name: 'erase', description: 'The tool erase' };
  const contentOf = (exporter: Exporter): unknown => exporter(source())[0]?.content;

  it('declare the tools as each API wants them', () => {
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
