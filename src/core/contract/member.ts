import type { GatewayError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json/json.ts';
import type { Logger } from '../log.ts';
import type { ToolResult } from './content.ts';
import type { PluginState } from './plugin.ts';
import type { ProgramRuntime } from './program-runtime.ts';
import type { CallContext } from './tool.ts';

/** Runs JavaScript and TypeScript; `module` is the file URL of the format's runtime. */
export interface NodeRuntime {
  readonly kind: 'node';
  readonly module: string;
}

/** Runs Python; `module` is the path of the format's `runtime.py`. */
export interface PythonRuntime {
  readonly kind: 'python';
  readonly module: string;
  /** An interpreter, or the folder of a virtual environment; default `python3`. */
  readonly python?: string | undefined;
  /** Packages to install into the source's virtual environment before the start. */
  readonly packages?: PythonPackages | undefined;
}

/** Content of a virtual environment: pip requirements, and the path of a requirements file. */
export interface PythonPackages {
  readonly install?: readonly string[] | undefined;
  readonly requirements?: string | undefined;
}

/** How one plugin runs in its process group. */
export interface MemberSpec {
  readonly id: string;
  /** Members with the same group share one process. */
  readonly group: string;
  /** Sort key: members of a group load in this order. */
  readonly order: string;
  /** Where its code runs: in the process of its group, or inside the gateway. */
  readonly isolation: 'process' | 'none';
  /** Initialised in parallel with the other members, so that a slow one delays only itself. */
  readonly sideBySide?: boolean;
  /** A runtime of the gateway with the format's module, or a program with its own protocol. */
  readonly runtime: NodeRuntime | PythonRuntime | ProgramRuntime;
  /** Parameters of the format's runtime module. May contain secrets; never put on a command line. */
  readonly params: JsonObject;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Longest time for one stage of loading, in milliseconds; if absent, the gateway's limit. */
  readonly startTimeoutMs?: number | undefined;
  /** Longest time for the plugin's own stop function, in milliseconds; if absent, the gateway's limit. */
  readonly stopTimeoutMs?: number | undefined;
  readonly log: Logger;
  /** Whether calls to the runtime include `RuntimeCall.caller`. */
  readonly callers?: boolean;
  /** Validates every report; throws if it is malformed. */
  readonly checkReport?: (report: JsonObject) => void;
  /** Handles requests of the format's runtime to its adapter, during calls or outside of them. */
  readonly onAdapterCall?: (method: string, params: JsonObject) => Promise<JsonValue>;
}

/** One plugin of a process group. */
export interface Member {
  state(): PluginState;
  error(): GatewayError | undefined;
  /** The report of the format's runtime after loading the plugin; undefined before. */
  report(): JsonObject | undefined;
  start(): Promise<void>;
  /** Resolves if it is still initialising long after others of its group are ready. */
  late(): Promise<void>;
  call(tool: string, args: JsonObject, ctx: CallContext): Promise<ToolResult>;
  /** Sends any other request to the format's runtime. */
  request(method: string, params: JsonObject): Promise<JsonValue>;
  onChange(listener: () => void): void;
  leave(): Promise<void>;
}
