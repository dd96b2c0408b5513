import type { JsonObject } from '../../core/json/json.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { numberFault } from './numbers.ts';

/** The arguments a call goes on with, and what is wrong with them. */
export interface Checked {
  readonly args: JsonObject;
  readonly fault?: string | undefined;
}

/**
 * Holds arguments against a tool's schema. Texts that are the JSON of what the schema wants become that; without them
 * arguments that are right are the very object they were.
 */
export function checkArguments({ tool, checker }: Pick<ToolEntry, 'tool' | 'checker'>, args: JsonObject): Checked {
  const fault = numberFault(tool, args) ?? checker.validate(args);
  if (fault === undefined) return { args };
  const converted = checker.convert(args);
  if (!converted) return { args, fault };
  const left = numberFault(tool, converted) ?? checker.validate(converted);
  return left === undefined ? { args: converted } : { args, fault: left };
}
