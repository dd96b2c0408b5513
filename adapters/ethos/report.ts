import * as z from 'zod';
import type { JsonObject } from '../../src/core/json/json.ts';
import { checkReports, listOf, reported } from '../../src/host/group/report-check.ts';

/** Prefix of the names of tools made from commands. */
export const COMMAND_PREFIX = 'cmd_';

/** Maximum length of a result, in characters. */
export const RESULT_BUDGET = 80_000;

/** The runtime's report of one plugin; sent over the plugin channel as JSON. */
export interface EthosReport {
  /** How its module exports `activate`. */
  readonly shape: 'activate' | 'plugin' | 'default';
  readonly tools: readonly ToolReport[];
  /** Names of the hooks that have a handler. */
  readonly hooks: readonly string[];
  readonly filters: readonly FilterReport[];
  /** The plugin adds to the system prompt. */
  readonly injects: boolean;
  /** The text it added when it was loaded. */
  readonly instructions: string;
  readonly commands: readonly CommandReport[];
  readonly personalities: readonly JsonObject[];
  readonly monitors: readonly MonitorReport[];
  readonly healthChecks: readonly string[];
  /** Unsupported registrations, as `<member>` or `<member>: <name>`. */
  readonly unsupported: readonly string[];
  readonly warnings: readonly string[];
  /** Last values of its metrics, by name and labels. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The current fields of a tool: plugins may change them after registration. */
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

/** The tools that a filter applies to; all if it names none. */
export interface FilterReport {
  readonly tools?: readonly string[];
  readonly toolset?: string;
}

/** A command, under its lower-case name. */
export interface CommandReport {
  readonly name: string;
  readonly description: string;
  readonly kind: 'prompt' | 'run' | 'slash';
  /** Shape of the arguments, for display. */
  readonly hint?: string;
}

/** A monitor and the state of its last run. */
export interface MonitorReport {
  readonly name: string;
  readonly state: 'idle' | 'running' | 'crashed';
  readonly error?: string;
}

const tool = z.object({
  name: z.string(),
  description: z.string(),
  // Validated by the registry, which leaves out only the tool.
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

/** Rejects a report of another shape. */
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
    // NaN and Infinity arrive as null.
    metrics: reported.object.refine(
      (all) => Object.values(all).every((value) => value === null || typeof value === 'number'),
      'not numbers',
    ),
  }),
);
