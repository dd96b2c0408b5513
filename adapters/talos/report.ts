import * as z from 'zod';
import { checkReports, reported } from '../../src/host/group/report-check.ts';

/** The runtime's report of one loaded plugin; sent over the plugin channel as JSON. */
export interface TalosReport {
  /** `source`: a `handlers` map; `docs`: named exports; `none`: neither was found. */
  readonly dialect: 'source' | 'docs' | 'none';
  /** Declared functions with a handler. */
  readonly functions: readonly string[];
  /** Exported handlers that the manifest does not declare. */
  readonly undeclared: readonly string[];
  /** Triggers with a handler. */
  readonly triggers: readonly string[];
  /** Those of them that report events themselves. */
  readonly subscribes: readonly string[];
  /** Why `start` failed. */
  readonly startError?: string;
  readonly startFix?: string;
}

/** Rejects a report of another shape. */
export const checkTalosReport = checkReports(
  z.object({
    dialect: z.enum(['source', 'docs', 'none']),
    functions: reported.texts,
    undeclared: reported.texts,
    triggers: reported.texts,
    subscribes: reported.texts,
    startError: z.string().optional(),
    startFix: z.string().optional(),
  }),
);
