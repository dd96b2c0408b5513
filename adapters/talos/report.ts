import * as z from 'zod';
import { checkReports, reported } from '../../src/host/group/report-check.ts';

/** What the runtime tells the adapter of one loaded plugin; crosses the plugin channel as JSON. */
export interface TalosReport {
  /** `source`: a `handlers` map; `docs`: named exports; `none`: neither was found. */
  readonly dialect: 'source' | 'docs' | 'none';
  /** Declared functions that can be called. */
  readonly functions: readonly string[];
  /** Exported handlers that the manifest does not declare. */
  readonly undeclared: readonly string[];
  /** Triggers with something to run. */
  readonly triggers: readonly string[];
  /** Why `start` failed, where it did. */
  readonly startError?: string;
  readonly startFix?: string;
}

/** Refuses a report of another shape. */
export const checkTalosReport = checkReports(
  z.object({
    dialect: z.enum(['source', 'docs', 'none']),
    functions: reported.texts,
    undeclared: reported.texts,
    triggers: reported.texts,
    startError: z.string().optional(),
    startFix: z.string().optional(),
  }),
);
