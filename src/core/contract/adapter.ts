import type { Command } from 'commander';
import type { z } from 'zod';
import type { JsonObject } from '../json/json.ts';
import type { AdminErrorCode } from './admin.ts';
import type { Host, HostLimits } from './host.ts';
import type { Installed, Surroundings } from './installed.ts';
import type { Manifest, Offer, Plugin } from './plugin.ts';
import type { PluginStore } from './plugin-store.ts';
import type { Entry, Source } from './source.ts';

export type { Entry, Source } from './source.ts';

/** Reads and opens the plugins of one format. */
export interface Adapter {
  /** The format's name, such as `talos`. */
  readonly kind: string;
  /** The formats that an entry may name, if the adapter reads several. Default: only its kind. */
  readonly formats?: readonly string[];
  /** Schemas of the mcp.json keys that only this format has. */
  readonly options: Readonly<Record<string, z.ZodType>>;
  /** Names of `options` that are paths, resolved against the folder of mcp.json. */
  readonly paths: readonly string[];
  /** Names of `options` that select a plugin in an entry without `path`; its source is the folder of mcp.json. */
  readonly selectors?: readonly string[];
  /** Limits whose change restarts the plugins of this format. Default: those of a plugin process. */
  readonly startedWith?: readonly (keyof HostLimits)[];
  /** Default timeout of a call in this format, in milliseconds; if absent, the gateway's. */
  readonly callTimeoutMs?: number;
  /** Whether an entry is a guard plugin, even if the entry is otherwise invalid. */
  guards?(entry: Entry): boolean;
  /** Adds the format's commands to the command line; settles when they are there. */
  readonly commands?: (program: Command, open: OpenCommandContext) => Promise<void>;
  /** Converts a project of the format's original host to the content of a configuration file in folder `into`, with notes for the user. */
  readonly convert?: (dir: string, into: string) => Promise<{ readonly config: JsonObject; readonly notes: readonly string[] }>;
  /** What other hosts of the format have installed in their usual places. Looks at names and texts there, and nowhere else. */
  readonly installed?: (around: Surroundings) => Promise<readonly Installed[]>;
  /** The format's own error codes for requests of administrators, which clients of its original host expect. */
  readonly adminCodes?: Readonly<Record<AdminErrorCode, string>>;
  /** Reads only the entries of `mcpServers`. */
  readonly servers?: true;
  /** The plugins of a source, or null if the source has another format. Reads files and runs no code. */
  read(source: Source, host: Host): Promise<readonly Manifest[] | null>;
  /** Called with all manifests of this format before any is opened, to resolve dependencies between plugins. */
  relate?(manifests: readonly Manifest[]): readonly Manifest[];
  /**
   * Opens a plugin that `read` found and the policy admitted. `known`: the offer of the previous run, for lists that cannot
   * be read; its items cannot be called.
   */
  open(manifest: Manifest, host: Host, known?: Offer): Promise<Plugin>;
  /** Clears a failure so that an administrator can enable the plugin again. */
  resetFailure?(manifest: Manifest, host: Host): void;
}

/** Passed to the CLI commands of a format. Starts nothing by itself. */
export interface CommandContext {
  /** The folder of the configuration, if any. */
  readonly root: string | undefined;
  readonly host: Host;
  /** The plugin's data in the configured state folder; undefined without a configuration. */
  store(pluginId: string): PluginStore | undefined;
  /** Prints a line with secrets masked and control characters escaped. */
  print(line: string): void;
  /** Finds a configured plugin of this format. */
  find(id: string): Promise<Manifest | undefined>;
  close(): Promise<void>;
}

/** Opens the context of one command; `config`: the path given on the command line. */
export type OpenCommandContext = (options: { readonly config?: string; readonly logLevel?: string }) => Promise<CommandContext>;
