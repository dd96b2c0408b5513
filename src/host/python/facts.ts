import * as z from 'zod';
import type { JsonObject } from '../../core/json/json.ts';
import { reported } from '../group/report-check.ts';

/** Members about the Python process in the reports of all formats. */
export interface PythonReport {
  /** Version and path of the interpreter. */
  readonly python?: string;
  /** Import path, in order. */
  readonly searched?: readonly string[];
  /** Loading stages with their durations. */
  readonly timings?: readonly string[];
}

/** Schema of `PythonReport`, to include in a format's own. */
export const pythonReport = {
  python: z.string().optional(),
  searched: reported.texts.optional(),
  timings: reported.texts.optional(),
} as const;

/** Converts the report to facts for the operator. */
export function pythonFacts({ python, searched = [], timings = [] }: PythonReport): JsonObject {
  return {
    ...(python === undefined ? {} : { python }),
    ...(searched.length === 0 ? {} : { searched: [...searched] }),
    ...(timings.length === 0 ? {} : { timings: [...timings] }),
  };
}
