import type { Entry } from '../core/contract/adapter.ts';
import type { SchemaForm } from '../core/contract/schema-form.ts';
import type { Hints } from '../core/contract/tool.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { ProxySetting } from '../core/proxy.ts';
import type { JwtConfig } from './auth/auth.ts';
import type { EventsConfig } from './events.ts';
import type { Limits } from './limits.ts';
import type { ApprovalRule, ConfigFile, ProfileFile } from './schema.ts';

/** One plugin of mcp.json. Without `path`, the entry configures a plugin found in a plugin folder. */
export interface PluginConfig {
  readonly id: string;
  readonly path?: string;
  readonly format?: string;
  readonly enabled: boolean;
  /** `enabled` as the entry itself states it. */
  readonly stated?: boolean;
  readonly approval: ApprovalRule;
  readonly limits: NonNullable<PluginFile['limits']>;
  readonly validate: boolean;
  readonly names: Readonly<Record<string, string>>;
  /** The effects of tools as the operator declares them, by name or glob. */
  readonly hints?: Readonly<Record<string, Hints>>;
  /** Absent: the profile decides. */
  readonly schemas?: SchemaForm;
  /** Absent: results are passed on unchanged. */
  readonly results?: 'as-is' | 'clean';
  /** Absent: untrusted text is fenced. */
  readonly fence?: boolean;
  /** The scopes that calls of its tools need, by name or glob. */
  readonly scope?: Readonly<Record<string, string | readonly string[]>>;
  /** Changes to the servers that the plugin yields, by their name. */
  readonly servers?: Readonly<Record<string, ServerFile>>;
  readonly entry: Entry;
}

/** One entry of `mcpServers` or `servers`. */
export interface UpstreamConfig {
  /** The path of the entry in the file. */
  readonly path: readonly string[];
  /** The entry, with its references filled in. */
  readonly server: JsonObject;
  /** The references that could not be filled in. */
  readonly fault?: string;
}

/** A bearer token and its principal. */
export interface TokenConfig {
  readonly token: string;
  readonly principal: string;
  /** The only profile it may use. Absent: any. */
  readonly profile?: string | undefined;
  readonly scopes: readonly string[];
}

/** The address to listen on, and the accepted host names, web origins and proxies. */
export interface ListenConfig {
  readonly host: string;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  /** Addresses and networks of trusted reverse proxies. */
  readonly proxies: readonly string[];
  readonly insecure: boolean;
  /** Where others reach the gateway, behind a proxy: an origin and perhaps a path, without a slash at its end. */
  readonly public?: string;
  /** Files with the certificate and its key, for HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** The whole configuration: file, environment and flags in one frozen value. */
export interface Config {
  /** Absolute path of the file; undefined without a file. */
  readonly file: string | undefined;
  /** The folder that relative paths start from. */
  readonly dir: string;
  /** The folder of the gateway's data. */
  readonly state: string;
  readonly pluginFolders: readonly string[];
  readonly plugins: ReadonlyMap<string, PluginConfig>;
  /** The entries of `mcpServers` and `servers`; each has an entry of the same id in `plugins`. */
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>;
  /** Entries of `mcpServers` and `servers` that cannot be used, with the reason and its location. */
  readonly leftOut: ReadonlyMap<string, string>;
  readonly profiles: ReadonlyMap<string, ProfileFile>;
  readonly listen: ListenConfig;
  readonly proxy: ProxySetting;
  readonly tokens: readonly TokenConfig[];
  /** The authorization servers whose tokens are accepted; absent if there are none. */
  readonly jwt?: readonly JwtConfig[];
  readonly limits: Limits;
  /** The limits that the file sets. */
  readonly ownLimits: Partial<Limits>;
  readonly audit: {
    readonly required: boolean | undefined;
    readonly arguments: boolean;
  };
  readonly events: EventsConfig;
  /** What GET /metrics shows, whether calls are traced, and whether everyone may read it if no token is configured. */
  readonly metrics: { readonly tools: boolean; readonly open: boolean; readonly traces: boolean };
  /** Whether the console is served. Absent: only on loopback. */
  readonly console?: boolean;
  /** The stamp that the file and `files` had when they were read. */
  readonly stamp: string;
  /** The content of the file, validated, with its references filled in. */
  readonly values: JsonObject;
  /** Messages about values that are accepted but questionable. */
  readonly warnings: readonly string[];
  /** Values that are masked in logs, errors and command output. */
  readonly secrets: readonly string[];
  /** Other files that the configuration includes, such as secret files. */
  readonly files: readonly string[];
  /** `file:line:column` of a key, for messages. */
  at(...path: (string | number)[]): string;
  /** Whether a value of the file is written with a reference to the environment. */
  refersToEnv(...path: (string | number)[]): boolean;
}

type PluginFile = NonNullable<ConfigFile['plugins']>[string];
type ServerFile = NonNullable<ConfigFile['mcpServers']>[string];
