import type { VisibleTool } from '../gateway/view/visible-tool.ts';

/** How a client reaches the gateway: it starts one, or connects to a running one. */
export type Server =
  | { readonly command: string; readonly args: readonly string[] }
  | { readonly url: string /** A token is needed; it is read from this variable of the environment. */; readonly tokenFrom?: string };

/** The gateway and tools to export. */
export interface ExportSource {
  /** The server name in the client's configuration. */
  readonly name: string;
  readonly server: Server;
  /** The address of the plain HTTP API; each tool has one below it. */
  readonly api: string;
  readonly tools: readonly VisibleTool[];
}

/** One piece of an export: what to put into which file, or what else to do. */
export interface ExportPart {
  readonly file?: string;
  readonly content?: object | string;
  readonly note?: string;
}

/** Writes an export in the format of one client or API. */
export type Exporter = (source: ExportSource) => readonly ExportPart[];

/** The public names of the tools that run without approval. */
export function autoTools({ tools }: ExportSource): string[] {
  return tools.filter(({ approval }) => approval === 'auto').map(({ entry }) => entry.name);
}

/** For clients without an allow-list file: a note for the user that lists the tools. */
export function byHand(source: ExportSource, how: string): ExportPart[] {
  const names = autoTools(source);
  return names.length === 0 ? [] : [{ note: `${how} These may run without asking: ${names.join(', ')}` }];
}
