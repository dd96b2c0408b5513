import type { VisibleTool } from '../../gateway/view/visible-tool.ts';

/** How a client reaches the gateway: it starts it, or connects to a running one. */
export type Server =
  | { readonly command: string; readonly args: readonly string[] }
  | { readonly url: string /** A token is needed; it is read from this variable of the environment. */; readonly tokenFrom?: string };

/** What is exported. */
export interface ExportSource {
  /** The name under which clients know the gateway. */
  readonly name: string;
  readonly server: Server;
  /** Where code that speaks no MCP calls tools: one address for each below this one. */
  readonly api: string;
  readonly tools: readonly VisibleTool[];
}

/** One piece of an export: what to put into which file, or what else to do. */
export interface ExportPart {
  readonly file?: string;
  readonly content?: object | string;
  readonly note?: string;
}

/** Writes an export in the words of one client or API. */
export type Exporter = (source: ExportSource) => readonly ExportPart[];

/** The public names of the tools that run without a question. */
export function autoTools({ tools }: ExportSource): string[] {
  return tools.filter(({ approval }) => approval === 'auto').map(({ entry }) => entry.name);
}

/** Where a client keeps no allow-list in a file, its owner has to be told what belongs on it. */
export function byHand(source: ExportSource, how: string): ExportPart[] {
  const names = autoTools(source);
  return names.length === 0 ? [] : [{ note: `${how} These may run without a question: ${names.join(', ')}` }];
}
