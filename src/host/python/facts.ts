import * as z from 'zod';
import type { JsonObject } from '../../core/json/json.ts';
import { reported } from '../group/report-check.ts';

/** What a Python plugin's process tells of itself, in the report of any format. */
export interface PythonReport {
  /** Version and path of the interpreter. */
  readonly python?: string;
  /** Where modules are searched, in that order. */
  readonly searched?: readonly string[];
  /** The stages of loading, each with the time it took. */
  readonly timings?: readonly string[];
}

/** The shape of that, as part of a format's own. */
export const pythonReport = {
  python: z.string().optional(),
  searched: reported.texts.optional(),
  timings: reported.texts.optional(),
} as const;

/** The same as facts for the operator. */
export function pythonFacts({ python, searched = [], timings = [] }: PythonReport): JsonObject {
  return {
    ...(python === undefined ? {} : { python }),
    ...(searched.length === 0 ? {} : { searched: [...searched] }),
    ...(timings.length === 0 ? {} : { timings: [...timings] }),
  };
}
