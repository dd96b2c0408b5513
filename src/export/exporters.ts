import { exportAnthropic } from './anthropic.ts';
import { exportClaudeCode } from './claude-code.ts';
import { exportClaudeDesktop } from './claude-desktop.ts';
import { exportCline } from './cline.ts';
import { exportCodex } from './codex.ts';
import { exportContinue } from './continue.ts';
import { exportCopilotCli } from './copilot-cli.ts';
import { exportCursor } from './cursor.ts';
import type { Exporter } from './exporter.ts';
import { exportGemini } from './gemini.ts';
import { exportGeminiCli } from './gemini-cli.ts';
import { exportOpenai } from './openai.ts';
import { exportOpenapi } from './openapi.ts';
import { exportOpencode } from './opencode.ts';
import type { ExportTarget } from './targets.ts';
import { exportVscode } from './vscode.ts';
import { exportWindsurf } from './windsurf.ts';
import { exportZed } from './zed.ts';

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
