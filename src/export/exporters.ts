import { exportAnthropic } from './anthropic.ts';
import { exportClaudeCode } from './clients/claude-code.ts';
import { exportClaudeDesktop } from './clients/claude-desktop.ts';
import { exportCline } from './clients/cline.ts';
import { exportCodex } from './clients/codex.ts';
import { exportContinue } from './clients/continue.ts';
import { exportCopilotCli } from './clients/copilot-cli.ts';
import { exportCursor } from './clients/cursor.ts';
import { exportGeminiCli } from './clients/gemini-cli.ts';
import { exportOpencode } from './clients/opencode.ts';
import { exportVscode } from './clients/vscode.ts';
import { exportWindsurf } from './clients/windsurf.ts';
import { exportZed } from './clients/zed.ts';
import type { Exporter } from './exporter.ts';
import { exportGemini } from './gemini.ts';
import { exportOpenai } from './openai.ts';
import { exportOpenapi } from './openapi.ts';
import type { ExportTarget } from './targets.ts';

/** The exporter of each target. Imported on first use, since no start needs it. */
export const EXPORTERS: Readonly<Record<ExportTarget, Exporter>> = {
  'claude-code': exportClaudeCode,
  'claude-desktop': exportClaudeDesktop,
  cursor: exportCursor,
  vscode: exportVscode,
  'gemini-cli': exportGeminiCli,
  'copilot-cli': exportCopilotCli,
  codex: exportCodex,
  opencode: exportOpencode,
  cline: exportCline,
  windsurf: exportWindsurf,
  zed: exportZed,
  continue: exportContinue,
  openai: exportOpenai,
  anthropic: exportAnthropic,
  gemini: exportGemini,
  openapi: exportOpenapi,
};
