import * as z from 'zod';
import type { Problem } from '../../src/core/contract/plugin.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { checkReports, listOf, reported } from '../../src/host/group/report-check.ts';
import { type PythonReport, pythonReport } from '../../src/host/python/facts.ts';

/** A tool as declared by the plugin. */
export interface JaatoTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonObject;
  readonly category?: string;
  readonly discoverability?: string;
  readonly traits?: readonly string[];
}

/** A command for the user. */
export interface JaatoCommand {
  readonly name: string;
  readonly description: string;
  /** Whether the model may see the result. */
  readonly shared: boolean;
  /** Whether it has no executor. */
  readonly broken: boolean;
  readonly parameters?: readonly {
    readonly name: string;
    readonly description: string;
    readonly required: boolean;
    readonly capture_rest: boolean;
  }[];
}

/** The runtime's report of one plugin. Only `stage` is set before the first description. */
export interface JaatoReport extends PythonReport {
  readonly stage: string;
  readonly generation?: 'S' | 'M' | 'T';
  readonly name?: string;
  readonly missing?: readonly string[];
  readonly notApplicable?: readonly string[];
  readonly standins?: readonly string[];
  readonly source?: JsonObject;
  readonly tools?: readonly JaatoTool[];
  readonly commands?: readonly JaatoCommand[];
  readonly instructions?: string;
  readonly autoApproved?: readonly string[];
  /** Whether it can preview its calls. */
  readonly previews?: boolean;
  readonly hiddenExecutors?: readonly string[];
  /** Settings that its schema marks as secret. */
  readonly secretSettings?: readonly string[];
  /** JSON Schema of its settings; empty if it declares none. */
  readonly settings?: JsonObject;
  readonly problems?: readonly Problem[];
  readonly tier?: string;
}

const tool = z.object({
  name: z.string(),
  description: z.string(),
  input: reported.object,
  category: z.string().optional(),
  discoverability: z.string().optional(),
  traits: reported.texts.optional(),
});

const command = z.object({
  name: z.string(),
  description: z.string(),
  shared: z.boolean(),
  broken: z.boolean(),
  parameters: listOf(z.object({ name: z.string(), description: z.string(), required: z.boolean(), capture_rest: z.boolean() })).optional(),
});

/** Rejects a report of another shape. */
export const checkJaatoReport = checkReports(
  z.object({
    ...pythonReport,
    stage: z.string(),
    generation: z.enum(['S', 'M', 'T']).optional(),
    name: z.string().optional(),
    missing: reported.texts.optional(),
    notApplicable: reported.texts.optional(),
    standins: reported.texts.optional(),
    source: reported.object.optional(),
    tools: listOf(tool).optional(),
    commands: listOf(command).optional(),
    instructions: z.string().optional(),
    autoApproved: reported.texts.optional(),
    previews: z.boolean().optional(),
    hiddenExecutors: reported.texts.optional(),
    secretSettings: reported.texts.optional(),
    settings: reported.object.optional(),
    problems: reported.problems.optional(),
    tier: z.string().optional(),
  }),
);
