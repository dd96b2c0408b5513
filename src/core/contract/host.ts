import type { Stopping } from '../abort/stopping.ts';
import type { Logger } from '../log.ts';
import type { ProxySetting } from '../proxy.ts';
import type { Member, MemberSpec } from './member.ts';
import type { PluginStore } from './plugin-store.ts';
import type { PluginRun, Program, ProgramSpec, ToolEnd, ToolSpec } from './process.ts';

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
  /** How the process of a plugin runs; undefined if it never had one. */
  runOf(pluginId: string): PluginRun | undefined;
}
