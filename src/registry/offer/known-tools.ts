import type { Manifest } from '../../core/contract/plugin.ts';
import type { Tool } from '../../core/contract/tool.ts';
import { isJsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';

/** A tool of a plugin's last known list. */
export interface KnownTool {
  /** The native name, as it competes with others. */
  readonly claim: string;
  /** The fields that rules match; undefined if only some sessions had the tool, or an older version stored it. */
  readonly tool?: Pick<Tool, 'name' | 'native' | 'labels'>;
}

/** A tool that is not listed because its plugin offers nothing now, under its public name. */
export interface LostTool {
  readonly name: string;
  readonly plugin: Manifest;
  readonly tool: NonNullable<KnownTool['tool']>;
}

/** The part of a tool that is stored for the next start. */
export function toKnown({ name, native, labels, shownTo }: Tool, claim: string): KnownTool {
  if (shownTo !== undefined) return { claim };
  return { claim, tool: { name, ...(native === undefined ? {} : { native }), ...(labels === undefined ? {} : { labels }) } };
}

/** The last known tools of a plugin; none if the stored list cannot be read. */
export function recallKnown(id: string, read: () => string | undefined, log: Logger): KnownTool[] {
  try {
    return readKnown(read() ?? '[]');
  } catch (error) {
    log.warn(`plugin "${id}": cached tool list is unreadable: ${(error as Error).message}`);
    return [];
  }
}

/** Reads a stored list and skips invalid entries. Throws if the text is not JSON. */
export function readKnown(json: string): KnownTool[] {
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) ? list.flatMap(readOne) : [];
}

function readOne(item: unknown): KnownTool[] {
  if (typeof item === 'string') return [{ claim: item }];
  if (!isJsonObject(item) || typeof item.claim !== 'string') return [];
  const { claim, tool } = item;
  return [isJsonObject(tool) && isTool(tool) ? { claim, tool } : { claim }];
}

function isTool(tool: object): tool is NonNullable<KnownTool['tool']> {
  const { name, native = '', labels = [] } = tool as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof native === 'string' && Array.isArray(labels) && labels.every((l) => typeof l === 'string');
}
