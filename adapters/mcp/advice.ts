import type { ToolResult } from '../../src/core/contract/content.ts';
import type { Logger } from '../../src/core/log.ts';

// The official SDK's servers return this text when a tool sends a legacy server request in the modern era.
const ASKS_THE_OLDER_WAY = 'Server-to-client requests are not available on protocol revision';

/**
 * Logs once that a server's tools request user input only in the legacy era. The only sign is the text of a failed tool
 * result, so the gateway neither changes the era nor repeats the call.
 */
export function createAdvice(log: Logger): (failed: ToolResult) => void {
  let logged = false;
  return ({ content: [first] }) => {
    if (logged || first?.type !== 'text' || !first.text.startsWith(ASKS_THE_OLDER_WAY)) return;
    logged = true;
    log.warn('This server requests user input only in the legacy protocol: set "era": "legacy" in its mcpServers entry.');
  };
}
