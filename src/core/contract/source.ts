import type { JsonObject } from '../json/json.ts';

/** A possible plugin: an entry of mcp.json, or a folder found in `pluginFolders`. */
export interface Source {
  /** The entry's key; absent for a scanned folder. */
  readonly key?: string;
  /** Absolute path of the folder or file; for an entry of `mcpServers` the base folder of its relative paths. */
  readonly path: string;
  /** The folder of mcp.json. */
  readonly root: string;
  /** The entry's "format" in mcp.json. */
  readonly format?: string;
  /** An entry of `mcpServers` with its references resolved. */
  readonly server?: JsonObject;
  /** Position of a key of the entry in the file. */
  readonly at?: (...keys: string[]) => string;
  /** The scanned plugin folder. */
  readonly folder?: string;
  /** The keys of the entry, validated; paths are absolute. */
  readonly entry: Entry;
  /** Settings of the plugin that a yielded server uses and that are not set: it is not opened without them. */
  readonly needs?: readonly NeededSetting[];
  /** Puts the files of a yielded server in their place, before its process starts. Rejects with what is wrong with them. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
}

/** A setting that is missing in one value of a server's entry, such as `["headers", "Authorization"]`. */
export interface NeededSetting {
  readonly setting: string;
  readonly at: readonly string[];
}

/** The resolved keys that entries of all formats may have. */
export interface Entry {
  readonly settings: JsonObject;
  readonly credentials: Readonly<Record<string, string>>;
  readonly isolation: 'process' | 'none';
  readonly group?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Longest time for one stage of loading, in milliseconds. */
  readonly startTimeoutMs?: number;
  /** Longest time for the plugin's own stop function, in milliseconds. */
  readonly shutdownTimeoutMs?: number;
  /** Most concurrent calls, if configured. */
  readonly callsPerPlugin?: number;
  /** Keys of one format, declared by its adapter. */
  readonly options: JsonObject;
}
