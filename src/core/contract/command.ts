import type { ToolResult } from './content.ts';
import type { CallContext } from './tool.ts';

/** A plugin command that a user types. Its output is for the user, never for a model. */
export interface UserCommand {
  readonly name: string;
  readonly description?: string;
  /** The arguments, such as `<id> [text...]`. */
  readonly usage?: string;
  run(text: string, ctx: CallContext): Promise<ToolResult>;
}
