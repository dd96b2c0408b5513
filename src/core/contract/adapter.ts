import type { Command } from 'commander';
import type { z } from 'zod';
import type { JsonObject } from '../json/json.ts';
import type { Host, HostLimits, PluginStore } from './host.ts';
import type { Manifest, Offer, Plugin } from './plugin.ts';

/** A place that may hold a plugin: an entry of mcp.json, or one folder found in `pluginFolders`. */
export interface Source {
  /** The entry's key; absent for a scanned folder. */
  readonly key?: string;
  /** Absolute path of the folder or file; for an entry of `mcpServers` the folder that its relative paths start from. */
  readonly path: string;
  /** The folder of mcp.json. */
  readonly root: string;
  /** The format that mcp.json names for it. */
  readonly format?: string;
  /** An entry of `mcpServers` as it stands there, with its references filled in. */
  readonly server?: JsonObject;
  /** Where a key of it stands in the file. */
  readonly at?: (...keys: string[]) => string;
  /** The plugin folder that was scanned. */
  readonly folder?: string;
  /** The keys of the entry, checked against the schema; relative paths are made absolute. */
  readonly entry: Entry;
}

/** The keys that every format's entry may have, as the configuration resolved them. */
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
  /** Most calls in flight at a time, where the operator says so. */
  readonly callsPerPlugin?: number;
  /** Keys that only one format knows, declared by its adapter. */
  readonly options: JsonObject;
}

/** Turns one plugin format into plugins. */
export interface Adapter {
  /** The format's name, such as `talos`. */
  readonly kind: string;
  /** Keys of an mcp.json entry that only this format has; path values are marked by `paths`. */
  readonly options: Readonly<Record<string, z.ZodType>>;
  /** Names of `options` whose values are paths, resolved against the folder of mcp.json. */
  readonly paths: readonly string[];
  /** Names of `options` that select a plugin where an entry has no `path`; its source is then the folder of mcp.json. */
  readonly selectors?: readonly string[];
  /** The limits of the gateway that its plugins are started with; where one changes they are started anew. Absent: those of a plugin process. */
  readonly startedWith?: readonly (keyof HostLimits)[];
  /** The default time limit of a call in this format, in milliseconds; the gateway's own where absent. */
  readonly callTimeoutMs?: number;
  /** Whether an entry is there to guard the calls of others, whatever else is wrong with it. */
  guards?(entry: Entry): boolean;
  /** Adds commands of this format's own to the command line. */
  readonly commands?: (program: Command, open: OpenCommandContext) => void;
  /** Turns a project of the format's own host into the content of a configuration file that will stand in `into`, with remarks for a person. */
  readonly convert?: (dir: string, into: string) => Promise<{ readonly config: JsonObject; readonly notes: readonly string[] }>;
  /** Reads the entries of `mcpServers`, and nothing else. */
  readonly servers?: true;
  /** What is in a source, or null where it is none of this format's. Reads text only and runs nothing. */
  read(source: Source, host: Host): Promise<readonly Manifest[] | null>;
  /** Sees together what was found of this format, before any of it is opened: what plugins need of each other. */
  relate?(manifests: readonly Manifest[]): readonly Manifest[];
  /**
   * Opens what `read` found. Called only for what the policy admitted. `known` is what the last start knew it to offer, of
   * which nothing can be called: the last good content of a list that cannot be read.
   */
  open(manifest: Manifest, host: Host, known?: Offer): Promise<Plugin>;
  /** Forgets what kept a plugin from being opened: an administrator enables it anew. */
  resetFailure?(manifest: Manifest, host: Host): void;
}

/** What a format's own CLI commands get; nothing in it runs by itself. */
export interface CommandContext {
  /** The folder of the configuration, where there is one. */
  readonly root: string | undefined;
  readonly host: Host;
  /** What running gateways keep for a plugin: the configured state, where there is a configuration. */
  store(pluginId: string): PluginStore | undefined;
  /** Prints a line without secrets, and without what would act on a terminal. */
  print(line: string): void;
  /** What the configuration says of a plugin of this format, where it names one. */
  find(id: string): Promise<Manifest | undefined>;
  close(): Promise<void>;
}

/** Opens the context of one command; `config` names the configuration where the person did. */
export type OpenCommandContext = (options: { readonly config?: string; readonly logLevel?: string }) => Promise<CommandContext>;
