import type { ToolResult } from './content.ts';
import type { CallContext } from './tool.ts';

/** Something a person runs on a plugin by typing; what it answers is for that person and never for a model. */
export interface UserCommand {
  readonly name: string;
  readonly description?: string;
  /** What may be typed behind the name, such as `<id> [text...]`. */
  readonly usage?: string;
  run(text: string, ctx: CallContext): Promise<ToolResult>;
}
