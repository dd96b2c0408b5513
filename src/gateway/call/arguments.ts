import type { JsonObject } from '../../core/json/json.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { numberFault } from './numbers.ts';

/** The arguments that a call continues with, and the fault if they are invalid. */
export interface Checked {
  readonly args: JsonObject;
  readonly fault?: string | undefined;
}

/**
 * Validates arguments against a tool's schema. If they are invalid, parses strings that contain the JSON of the required
 * type. Valid arguments are returned as the same object.
 */
export function checkArguments({ tool, checker }: Pick<ToolEntry, 'tool' | 'checker'>, args: JsonObject): Checked {
  const fault = numberFault(tool, args) ?? checker.validate(args);
  if (fault === undefined) return { args };
  const converted = checker.convert(args);
  if (!converted) return { args, fault };
  const left = numberFault(tool, converted) ?? checker.validate(converted);
  return left === undefined ? { args: converted } : { args, fault: left };
}
