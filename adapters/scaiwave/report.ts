import * as z from 'zod';
import type { Problem } from '../../src/core/contract/plugin.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { checkReports, listOf, reported } from '../../src/host/group/report-check.ts';
import { type PythonReport, pythonReport } from '../../src/host/python/facts.ts';

/** A declared tool. A dynamic one has only the first three fields. */
export interface ScaiWaveTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonObject;
  readonly usage?: string | null;
  readonly permissions?: readonly string[];
  readonly sideEffects?: boolean;
  /** The sessions that have it, if tools differ by session. */
  readonly sessions?: readonly string[];
}

/** The runtime's report of one plugin. */
export interface ScaiWaveReport extends PythonReport {
  /** Whether the install hook has run and the plugin has been described. */
  readonly described: boolean;
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly permissions: readonly string[];
  readonly scope: string | null;
  readonly injectsContext: boolean;
  readonly tools: readonly ScaiWaveTool[];
  readonly dynamic: readonly ScaiWaveTool[];
  /** Whether dynamic tools differ by client session. */
  readonly bySession: boolean;
  readonly instructions: string;
  readonly problems: readonly Problem[];
  readonly standins: readonly string[];
  /** Ids of the source's served plugins, and of those found only by importing. */
  readonly served: readonly string[];
  readonly others: readonly string[];
}

const tool = z.object({
  name: z.string(),
  description: z.string(),
  input: reported.object,
  usage: z.string().nullish(),
  permissions: reported.texts.optional(),
  sideEffects: z.boolean().optional(),
  sessions: reported.texts.optional(),
});

/** Rejects a report of another shape. */
export const checkScaiWaveReport = checkReports(
  z.object({
    ...pythonReport,
    described: z.boolean(),
    id: z.string(),
    name: z.string(),
    version: z.string(),
    description: z.string(),
    permissions: reported.texts,
    scope: z.string().nullable(),
    injectsContext: z.boolean(),
    tools: listOf(tool),
    dynamic: listOf(tool),
    bySession: z.boolean(),
    instructions: z.string(),
    problems: reported.problems,
    standins: reported.texts,
    served: reported.texts,
    others: reported.texts,
  }),
);
