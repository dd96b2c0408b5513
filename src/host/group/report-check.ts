import * as z from 'zod';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { showName } from '../../core/text/text.ts';

/** Schema of a list that is validated up to its first fault, since every item of a long list may have one. */
export function listOf(item: z.ZodType): z.ZodType {
  return z.array(z.unknown()).superRefine((items, { addIssue }) => {
    for (const [at, value] of items.entries()) {
      const issue = item.safeParse(value).error?.issues[0];
      if (issue) return addIssue({ code: 'custom', path: [at, ...issue.path], message: issue.message });
    }
  });
}

/** Schemas shared by the reports of several formats. */
export const reported = {
  texts: listOf(z.string()),
  object: z.record(z.string(), z.unknown()),
  problems: listOf(
    z.object({
      code: z
        .string()
        .refine((code) => Object.hasOwn(ERROR_CODES, code), 'it is not an error code of the gateway')
        .optional(),
      message: z.string(),
      fix: z.string().optional(),
      subject: z.string().optional(),
    }),
  ),
} as const;

/** Creates a check of reports against a schema; unknown members are ignored. Throws PLUGIN_PROTOCOL_ERROR. */
export function checkReports(shape: z.ZodType): (report: JsonObject) => void {
  return (report) => {
    const { error } = shape.safeParse(report);
    if (!error) return;
    const { path = [], message = '' } = error.issues[0] ?? {};
    const place = path.length === 0 ? '' : ` at ${showName(path.join('.'))}`;
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The report of the plugin's process is invalid${place}: ${message}.`);
  };
}
