import type { Tool } from '../../core/contract/tool.ts';
import { doubleFault, findFault, toDoubles } from '../../core/json/exact-tree.ts';
import type { JsonObject } from '../../core/json/json.ts';

/** What is wrong with a number in the arguments, whatever the schema says; undefined where the tool can take them all. */
export function numberFault({ exactNumbers }: Tool, args: JsonObject): string | undefined {
  const found = exactNumbers === true ? findFault(args) : findFault(args, doubleFault);
  return found && `${found.path} ${found.fault}`;
}

/** Arguments as a tool takes them: as they were sent, or in doubles. */
export function argumentsFor({ exactNumbers }: Tool, args: JsonObject): JsonObject {
  return exactNumbers === true ? args : toDoubles(args);
}
