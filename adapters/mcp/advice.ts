import type { ToolResult } from '../../src/core/contract/content.ts';
import type { Logger } from '../../src/core/log.ts';

// What the official SDK's servers say of a tool that asks the older way in the newer era.
const ASKS_THE_OLDER_WAY = 'Server-to-client requests are not available on protocol revision';

/**
 * Tells the operator, once, of a server whose tools can ask people in the older era only. Nothing but the failure of a
 * call says so, in words of the tool and after it has run: the era is not changed for that, and no call is repeated.
 */
export function createAdvice(log: Logger): (failed: ToolResult) => void {
  let told = false;
  return ({ content: [first] }) => {
    if (told || first?.type !== 'text' || !first.text.startsWith(ASKS_THE_OLDER_WAY)) return;
    told = true;
    log.warn('This server requests user input only in the legacy protocol: set "era": "legacy" in its mcpServers entry.');
  };
}
