import type { JsonObject } from '../../core/json.ts';

/** What a Python plugin's process tells of itself, in the report of any format. */
export interface PythonReport {
  /** Version and path of the interpreter. */
  readonly python?: string;
  /** Where modules are searched, in that order. */
  readonly searched?: readonly string[];
  /** The stages of loading, each with the time it took. */
  readonly timings?: readonly string[];
}

/** The same as facts for the operator. */
export function pythonFacts({ python, searched = [], timings = [] }: PythonReport): JsonObject {
  return {
    ...(python === undefined ? {} : { python }),
    ...(searched.length === 0 ? {} : { searched: [...searched] }),
    ...(timings.length === 0 ? {} : { timings: [...timings] }),
  };
}
