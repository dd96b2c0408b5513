import { expect, it } from 'vitest';
import { canBe } from '../../../src/console/page/data/client-kind.ts';

const KINDS: readonly (readonly [kind: string, ...names: readonly string[]])[] = [
  ['claude-code', 'claude-code', 'Claude Code'],
  ['claude-desktop', 'claude-ai', 'claude-ai (via mcp-remote 0.1.37)'],
  ['cursor', 'cursor-vscode'],
  ['vscode', 'Visual Studio Code', 'Visual Studio Code - Insiders', 'github-copilot-developer'],
  ['gemini-cli', 'gemini-cli-mcp-client', 'gemini-cli-mcp-client-plugmux'],
  ['copilot-cli', 'github-copilot-developer', 'copilot-cli'],
  ['codex', 'codex-mcp-client'],
  ['opencode', 'opencode'],
  ['cline', 'Cline', '@cline-core'],
  ['windsurf', 'windsurf-client'],
  ['zed', 'Zed'],
  ['continue', 'continue-client', 'continue-cli-client'],
];

it.each(KINDS)('a client of the kind %s is known by its names', (kind, ...names) => {
  for (const name of names as string[]) {
    const fitting = KINDS.map(([other]) => other).filter((other) => canBe(other, name));
    expect(fitting).toContain(kind);
    expect(fitting.length).toBeLessThanOrEqual(2);
  }
});

it('a client whose name says nothing can be of each kind', () => {
  for (const [kind] of KINDS)
    for (const name of ['', 'my-agent', 'encline', 'organized', 'discontinue']) expect(canBe(kind, name)).toBe(true);
});
