import * as z from 'zod';
import type { JsonObject } from '../../src/core/json/json.ts';
import { checkReports, listOf, reported } from '../../src/host/group/report-check.ts';

/** Tools that stand for commands are called by this and the command's name. */
export const COMMAND_PREFIX = 'cmd_';

/** Longest answer of one call, in characters. */
export const RESULT_BUDGET = 80_000;

/** What the runtime tells the adapter of one plugin; crosses the plugin channel as JSON. */
export interface EthosReport {
  /** How its module exports `activate`. */
  readonly shape: 'activate' | 'plugin' | 'default';
  readonly tools: readonly ToolReport[];
  /** Names of the hooks that have a handler. */
  readonly hooks: readonly string[];
  readonly filters: readonly FilterReport[];
  /** The plugin adds to the system prompt. */
  readonly injects: boolean;
  /** What it added when it was loaded. */
  readonly instructions: string;
  readonly commands: readonly CommandReport[];
  readonly personalities: readonly JsonObject[];
  readonly monitors: readonly MonitorReport[];
  readonly healthChecks: readonly string[];
  /** Registrations that nothing here serves, as `<member>` or `<member>: <name>`. */
  readonly unsupported: readonly string[];
  readonly warnings: readonly string[];
  /** Last values of the metrics it gave, by name and labels. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** A tool as its fields are now: plugins change them after registering. */
export interface ToolReport {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly toolset?: string;
  readonly maxResultChars?: number;
  readonly requiresApproval: boolean;
  readonly returnDirect: boolean;
  readonly untrusted: boolean;
  readonly cache?: { readonly ttlMs: number; readonly keyed: boolean };
  readonly network: boolean;
  readonly available: boolean;
}

/** Which tools a filter is for; all where it names none. */
export interface FilterReport {
  readonly tools?: readonly string[];
  readonly toolset?: string;
}

/** A command, under its lower-case name. */
export interface CommandReport {
  readonly name: string;
  readonly description: string;
  readonly kind: 'prompt' | 'run' | 'slash';
  /** What its arguments look like, for people. */
  readonly hint?: string;
}

/** A monitor and how its last run stands. */
export interface MonitorReport {
  readonly name: string;
  readonly state: 'idle' | 'running' | 'crashed';
  readonly error?: string;
}

const tool = z.object({
  name: z.string(),
  description: z.string(),
  // What it must be is for the vetting of schemas to say, and costs the tool alone.
  schema: z.unknown(),
  toolset: z.string().optional(),
  maxResultChars: z.number().optional(),
  requiresApproval: z.boolean(),
  returnDirect: z.boolean(),
  untrusted: z.boolean(),
  cache: z.object({ ttlMs: z.number(), keyed: z.boolean() }).optional(),
  network: z.boolean(),
  available: z.boolean(),
});

/** Refuses a report of another shape. */
export const checkEthosReport = checkReports(
  z.object({
    shape: z.enum(['activate', 'plugin', 'default']),
    tools: listOf(tool),
    hooks: reported.texts,
    filters: listOf(z.object({ tools: reported.texts.optional(), toolset: z.string().optional() })),
    injects: z.boolean(),
    instructions: z.string(),
    commands: listOf(
      z.object({ name: z.string(), description: z.string(), kind: z.enum(['prompt', 'run', 'slash']), hint: z.string().optional() }),
    ),
    personalities: listOf(z.looseObject({ id: z.string() })),
    monitors: listOf(z.object({ name: z.string(), state: z.enum(['idle', 'running', 'crashed']), error: z.string().optional() })),
    healthChecks: reported.texts,
    unsupported: reported.texts,
    warnings: reported.texts,
    // A measurement that is no number arrives as null.
    metrics: reported.object.refine(
      (all) => Object.values(all).every((value) => value === null || typeof value === 'number'),
      'not numbers',
    ),
  }),
);
