import type { Tool } from '../../core/contract/tool.ts';
import { doubleFault, findFault, toDoubles } from '../../core/json/exact-tree.ts';
import type { JsonObject } from '../../core/json/json.ts';

/** Describes a number in the arguments that the tool cannot represent; undefined if there is none. Independent of the schema. */
export function numberFault({ exactNumbers }: Tool, args: JsonObject): string | undefined {
  const found = exactNumbers === true ? findFault(args) : findFault(args, doubleFault);
  return found && `${found.path} ${found.fault}`;
}

/** Arguments in the form that a tool accepts: with exact numbers, or converted to doubles. */
export function argumentsFor({ exactNumbers }: Tool, args: JsonObject): JsonObject {
  return exactNumbers === true ? args : toDoubles(args);
}
