import type { Readable, Writable } from 'node:stream';
import type { GatewayError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json/json.ts';
import type { Logger } from '../log.ts';
import type { ProxySetting } from '../proxy.ts';
import type { Stopping } from '../stopping.ts';
import type { ToolResult } from './content.ts';
import type { PluginState } from './plugin.ts';
import type { ProgramRuntime } from './program-runtime.ts';
import type { CallContext } from './tool.ts';

/** Limits of plugin processes and other programs that adapters start; times in milliseconds, sizes in bytes. */
export interface HostLimits {
  readonly startTimeoutMs: number;
  readonly startCapMs: number;
  readonly stopGraceMs: number;
  readonly pluginStopMs: number;
  readonly drainMs: number;
  readonly queueMs: number;
  readonly restartMinMs: number;
  readonly restartMaxMs: number;
  readonly circuitFailures: number;
  readonly circuitWindowMs: number;
  readonly unresponsiveMs: number;
  readonly hungMs: number;
  readonly resultBytes: number;
  readonly queuedBytes: number;
  readonly stderrBytes: number;
  readonly stderrLinesPerSecond: number;
}

/** The gateway's API for adapters. */
export interface Host {
  readonly log: Logger;
  readonly limits: HostLimits;
  /** Fires at shutdown: calls that wait for their plugin are rejected. */
  readonly stopping: Stopping;
  /** The current top-level `proxy` of mcp.json. */
  readonly proxy: ProxySetting;
  /** Folder for data that can be recreated. */
  readonly cacheDir: string;
  /** The plugin's writable folder; created if missing. */
  dataDir(pluginId: string): string;
  /** The plugin's persistent key-value data. */
  store(pluginId: string): PluginStore;
  /** Masks a text in logs and errors from now on. */
  hide(secret: string): void;
  /** Adds a plugin to a process group. Nothing starts before `Member.start` or the first call. */
  join(spec: MemberSpec): Member;
  /** Starts an external program with its own protocol, supervised like a plugin process. */
  spawn(spec: ProgramSpec): Program;
  /** Runs a tool such as a compiler to its end, supervised like a plugin process. */
  run(spec: ToolSpec): Promise<ToolEnd>;
}

/** A program to start: no shell, an argument array, and `env` on top of a minimal environment. */
export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Receives its stderr. */
  readonly log: Logger;
}

/** A running external program. The host logs its stderr; the adapter reads its stdout. */
export interface Program {
  /** Undefined if it could not be started; `exited` resolves with the reason. */
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when it has ended, with the reason and the last lines of its stderr. */
  readonly exited: Promise<string>;
  /** The last lines of its stderr, oldest first. */
  lastLines(max: number): readonly string[];
  /** Kills it and everything it started. */
  kill(reason: string): void;
  /** Stops it within bounded time: closes stdin, SIGTERM, SIGKILL, then kills remaining processes. Idempotent. */
  stop(): Promise<void>;
}

/** A tool to run to its end: no shell, no input, and a temporary folder that is deleted afterwards. */
export interface ToolSpec extends Omit<ProgramSpec, 'log'> {
  /** Kills it and everything it started. */
  readonly signal: AbortSignal;
  /** Called for each line of stdout and stderr. */
  onLine(line: string): void;
}

/** How a tool ended. */
export interface ToolEnd {
  /** Undefined if a signal ended it, or it never started. */
  readonly code: number | undefined;
  /** Whether the program does not exist. */
  readonly missing: boolean;
  /** The reason, for messages. */
  readonly why: string;
}

/** Key-value data of one plugin in the gateway's store. */
export interface PluginStore {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  /** Writes if the key does not exist; false if it does. Atomic across gateways. */
  add(key: string, value: string): boolean;
  delete(key: string): void;
  entries(): ReadonlyMap<string, string>;
}

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
