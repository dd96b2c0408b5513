import * as z from 'zod';
import { GatewayError } from '../core/errors.ts';
import { showName } from '../core/text/text.ts';

/** The error for the query or the body of a request that its schema refuses; `what` names it. */
export function invalidFields(schema: z.ZodType, { issues: [issue] }: z.ZodError, what: string): GatewayError {
  if (issue?.code === 'unrecognized_keys' && issue.path.length === 0) {
    const [field = ''] = issue.keys;
    const known = fieldsOf(schema);
    const fix = known.length === 0 ? `Send the ${what} without fields.` : `The ${what} takes ${list(known)}.`;
    return invalid(`The ${what} has the unknown field "${showName(field)}".`, { field, fix });
  }
  const field = issue?.path.join('.') ?? '';
  if (field === '') return invalid(`The ${what} is not valid${expected(schema, issue)}.`, {});
  const name = `"${showName(field)}" of the ${what}`;
  const message = issue?.message ?? '';
  const [, type] = /expected (\w+), received undefined$/.exec(message) ?? [];
  if (type !== undefined) return invalid(`${name} is missing: it must be ${article(type)}.`, { field, fix: `Send "${showName(field)}".` });
  return invalid(`${name} is not valid: ${message.replace(/^Invalid (?:input|option): /, '')}.`, { field });
}

function invalid(message: string, details: { readonly field?: string; readonly fix?: string }): GatewayError {
  return new GatewayError('INVALID_PARAMS', message, details);
}

function expected(schema: z.ZodType, issue: z.core.$ZodIssue | undefined): string {
  const forms = schema instanceof z.ZodUnion ? schema.options.map((option) => list(fieldsOf(option as z.ZodType))) : [];
  if (forms.length > 0) return `: it takes either ${forms.join(' or ')}`;
  return issue?.code === 'invalid_type' ? `: it must be ${article(issue.expected)}` : '';
}

function fieldsOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodUnion) return [...new Set(schema.options.flatMap((option) => fieldsOf(option as z.ZodType)))];
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

function article(type: string): string {
  if (type === 'record') return 'an object';
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}
