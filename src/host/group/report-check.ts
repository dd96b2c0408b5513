import * as z from 'zod';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { showName } from '../../core/text/text.ts';

/** A list that is looked at up to its first fault: there may be one for every item, and each would be noted. */
export function listOf(item: z.ZodType): z.ZodType {
  return z.array(z.unknown()).superRefine((items, { addIssue }) => {
    for (const [at, value] of items.entries()) {
      const issue = item.safeParse(value).error?.issues[0];
      if (issue) return addIssue({ code: 'custom', path: [at, ...issue.path], message: issue.message });
    }
  });
}

/** Parts that reports of several formats have. */
export const reported = {
  texts: listOf(z.string()),
  object: z.record(z.string(), z.unknown()),
  problems: listOf(
    z.object({
      code: z
        .string()
        .refine((code) => Object.hasOwn(ERROR_CODES, code), 'it is no error code of the gateway')
        .optional(),
      message: z.string(),
      fix: z.string().optional(),
      subject: z.string().optional(),
    }),
  ),
} as const;

/** Checks reports against the shape that a format's runtime gives them; unknown members do not matter. */
export function checkReports(shape: z.ZodType): (report: JsonObject) => void {
  return (report) => {
    const { error } = shape.safeParse(report);
    if (!error) return;
    const { path = [], message = '' } = error.issues[0] ?? {};
    const place = path.length === 0 ? '' : ` at ${showName(path.join('.'))}`;
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `What the plugin's process reported cannot be used${place}: ${message}.`);
  };
}
