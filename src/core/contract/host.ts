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

/** The limits of plugin processes and of what adapters start; times in milliseconds, sizes in bytes. */
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

/** What the gateway lends an adapter. */
export interface Host {
  readonly log: Logger;
  readonly limits: HostLimits;
  /** Nothing new is begun any more: a call that waits for its plugin is refused. */
  readonly stopping: Stopping;
  /** The `proxy` at the top of mcp.json, as it holds now. */
  readonly proxy: ProxySetting;
  /** The gateway's own folder for what can be made anew. */
  readonly cacheDir: string;
  /** A folder of the plugin's own to write to, made on the spot. */
  dataDir(pluginId: string): string;
  /** Texts kept across restarts, the plugin's own. */
  store(pluginId: string): PluginStore;
  /** Keeps a text out of logs and errors from now on. */
  hide(secret: string): void;
  /** Makes a plugin part of a process group. Nothing starts before `Member.start` or the first call. */
  join(spec: MemberSpec): Member;
  /** Starts a foreign program that speaks a protocol of its own, under the same watch as a plugin process. */
  spawn(spec: ProgramSpec): Program;
  /** Runs a tool such as a compiler to its end, under the same watch. */
  run(spec: ToolSpec): Promise<ToolEnd>;
}

/** A program to start: no shell, an argument array, a short environment and what is named here. */
export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where its stderr goes. */
  readonly log: Logger;
}

/** A running foreign program. Its stderr is drained and logged; its stdout is for the adapter to read. */
export interface Program {
  /** Undefined where it could not be started; `gone` says why. */
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles when it has ended, with the reason in words and the last lines of its stderr. */
  readonly exited: Promise<string>;
  /** The last lines of its stderr, oldest first. */
  lastLines(max: number): readonly string[];
  /** Ends it and everything it started at once. */
  kill(reason: string): void;
  /** Ends it in order and within bounded time: stdin closed, SIGTERM, SIGKILL, then whatever it left behind. Safe to call twice. */
  stop(): Promise<void>;
}

/** A tool to run to its end: no shell, no input, a folder for its temporary files that goes with it. */
export interface ToolSpec extends Omit<ProgramSpec, 'log'> {
  /** Ends it at once, and everything it started. */
  readonly signal: AbortSignal;
  /** Called for each line of stdout and stderr. */
  heard(line: string): void;
}

/** How a tool ended. */
export interface ToolEnd {
  /** Undefined where it was ended by a signal or never began. */
  readonly code: number | undefined;
  /** Whether there is no such program. */
  readonly missing: boolean;
  /** In words. */
  readonly why: string;
}

/** Key-value data of one plugin in the gateway's store. */
export interface PluginStore {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  /** Writes only where there is nothing yet; false where there was. Of several gateways, one gets true. */
  add(key: string, value: string): boolean;
  delete(key: string): void;
  entries(): ReadonlyMap<string, string>;
}

/** Runs JavaScript and TypeScript; `module` is the file address of the format's runtime. */
export interface NodeRuntime {
  readonly kind: 'node';
  readonly module: string;
}

/** Runs Python; `module` is the path of the format's `runtime.py`. */
export interface PythonRuntime {
  readonly kind: 'python';
  readonly module: string;
  /** An interpreter or the folder of a virtual environment; `python3` where absent. */
  readonly python?: string | undefined;
  /** Packages that are installed into an environment of the source's own before it starts. */
  readonly packages?: PythonPackages | undefined;
}

/** What goes into a virtual environment: requirements as pip takes them, and the path of a file of such. */
export interface PythonPackages {
  readonly install?: readonly string[] | undefined;
  readonly requirements?: string | undefined;
}

/** How one plugin runs in its process group. */
export interface MemberSpec {
  readonly id: string;
  /** Members with the same group share one process. */
  readonly group: string;
  /** Members of a group load in the order of this text. */
  readonly order: string;
  /** Where its code runs: a process of its own group, or inside the gateway. */
  readonly isolation: 'process' | 'none';
  /** It is initialised beside the other members: a slow one holds back only itself. */
  readonly sideBySide?: boolean;
  /** What runs it: a runtime of ours with the module that maps the format, or a program with a protocol of its own. */
  readonly runtime: NodeRuntime | PythonRuntime | ProgramRuntime;
  /** What the format's runtime module gets; may hold secrets and never reaches a command line. */
  readonly params: JsonObject;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Longest time for one stage of loading, in milliseconds; the gateway's own limit where absent. */
  readonly startTimeoutMs?: number | undefined;
  /** Longest time for the plugin's own stop function, in milliseconds; the gateway's own limit where absent. */
  readonly stopTimeoutMs?: number | undefined;
  readonly log: Logger;
  /** Whether the runtime wants to know who calls; `RuntimeCall.caller` is there then. */
  readonly callers?: boolean;
  /** Looks at every report before it counts; throws where it is not what the format's runtime reports. */
  readonly checkReport?: (report: JsonObject) => void;
  /** Answers what the format's runtime asks of its adapter, outside or inside of calls. */
  readonly onAdapterCall?: (method: string, params: JsonObject) => Promise<JsonValue>;
}

/** One plugin of a running or startable process group. */
export interface Member {
  state(): PluginState;
  error(): GatewayError | undefined;
  /** What the format's runtime reported when it loaded the plugin; undefined before that. */
  report(): JsonObject | undefined;
  start(): Promise<void>;
  /** Settles once it has been initialised for long while others of its group are ready already. */
  late(): Promise<void>;
  call(tool: string, args: JsonObject, ctx: CallContext): Promise<ToolResult>;
  /** Anything else the format's runtime answers. */
  request(method: string, params: JsonObject): Promise<JsonValue>;
  onChange(listener: () => void): void;
  leave(): Promise<void>;
}
