import type { Entry } from '../core/contract/adapter.ts';
import type { SchemaForm } from '../core/contract/schema-form.ts';
import type { Hints } from '../core/contract/tool.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { ProxySetting } from '../core/proxy.ts';
import type { Limits } from './limits.ts';
import type { ApprovalRule, ConfigFile, ProfileFile } from './schema.ts';

/** One plugin as mcp.json names it; `path` is absent where the entry only completes a scanned plugin. */
export interface PluginConfig {
  readonly id: string;
  readonly path?: string;
  readonly format?: string;
  readonly enabled: boolean;
  readonly approval: ApprovalRule;
  readonly limits: NonNullable<PluginFile['limits']>;
  readonly validate: boolean;
  readonly names: Readonly<Record<string, string>>;
  /** What the operator says of the effects of tools, by name or glob. */
  readonly hints?: Readonly<Record<string, Hints>>;
  /** Absent: the profile decides. */
  readonly schemas?: SchemaForm;
  /** Absent: results reach clients as they are. */
  readonly results?: 'as-is' | 'clean';
  /** Absent: texts of strangers are fenced. */
  readonly fence?: boolean;
  readonly entry: Entry;
}

/** One entry of `mcpServers` or `servers`. */
export interface UpstreamConfig {
  /** Where it stands in the file. */
  readonly path: readonly string[];
  /** The entry as it stands there, references filled in. */
  readonly server: JsonObject;
  /** Which of its values are missing. */
  readonly fault?: string;
}

/** A bearer token and who it stands for. */
export interface TokenConfig {
  readonly token: string;
  readonly principal: string;
  /** The only profile it may use; any, where absent. */
  readonly profile?: string | undefined;
  readonly scopes: readonly string[];
}

/** Where the gateway listens, and which names and web origins may reach it. */
export interface ListenConfig {
  readonly host: string;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  /** Addresses and networks of trusted reverse proxies. */
  readonly proxies: readonly string[];
  readonly insecure: boolean;
}

/** The whole configuration: file, environment and flags in one frozen value. */
export interface Config {
  /** Absolute path of the file; undefined where the gateway runs without one. */
  readonly file: string | undefined;
  /** The folder that relative paths start from. */
  readonly dir: string;
  /** The gateway's own data. */
  readonly state: string;
  readonly pluginFolders: readonly string[];
  readonly plugins: ReadonlyMap<string, PluginConfig>;
  /** The entries of `mcpServers` and `servers`; each has an entry of the same id in `plugins`. */
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>;
  /** Entries of `mcpServers` and `servers` that cannot be used, with the reason and its place. */
  readonly leftOut: ReadonlyMap<string, string>;
  readonly profiles: ReadonlyMap<string, ProfileFile>;
  readonly listen: ListenConfig;
  readonly proxy: ProxySetting;
  readonly tokens: readonly TokenConfig[];
  readonly limits: Limits;
  /** The limits that the file sets. */
  readonly ownLimits: Partial<Limits>;
  readonly audit: {
    readonly required: boolean | undefined;
    readonly arguments: boolean;
  };
  /** The stamp that the file and `files` had when they were read. */
  readonly stamp: string;
  /** What the file says, checked, with its references filled in. */
  readonly values: JsonObject;
  /** What is odd but not wrong. */
  readonly warnings: readonly string[];
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
  /** Further files whose content the configuration took in. */
  readonly files: readonly string[];
  /** `file:line:column` of a key, for messages. */
  at(...path: (string | number)[]): string;
}

type PluginFile = NonNullable<ConfigFile['plugins']>[string];
