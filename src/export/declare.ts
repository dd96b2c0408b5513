import type { SchemaForm } from '../core/contract/schema-form.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { VisibleTool } from '../gateway/view/visible-tool.ts';
import { shapeOf } from '../registry/schemas/shape.ts';
import type { ExportPart } from './exporter.ts';

/** What an LLM API accepts, as its provider publishes it. APIs reject a whole request for one bad tool. */
export interface ApiRules {
  readonly api: string;
  readonly name: RegExp;
  readonly nameRule: string;
  /** The most tools in one request. */
  readonly maxTools?: number;
  readonly form: SchemaForm;
}

/** One tool as APIs take it. */
export interface Declaration {
  readonly name: string;
  readonly description: string;
  readonly input: JsonObject;
}

/** The tools that an API accepts, and a note for each reason why others are left out or the request would fail. */
export function declare(tools: readonly VisibleTool[], rules: ApiRules): { declared: Declaration[]; notes: ExportPart[] } {
  const { api, name: pattern, nameRule, maxTools, form } = rules;
  const declared: Declaration[] = [];
  const badNames: string[] = [];
  const badArguments: string[] = [];
  for (const tool of tools) {
    const { name, description } = tool.entry;
    const { input, restore } = shapeOf(tool.entry, form);
    if (!pattern.test(name)) badNames.push(name);
    // The gateway restores renamed arguments only if the profile lists the tool with them.
    else if (restore && !tool.shape.restore) badArguments.push(name);
    else declared.push({ name, description, input });
  }
  const notes: ExportPart[] = [];
  const without = (names: readonly string[], why: string): void =>
    void (names.length > 0 && notes.push({ note: `Without ${names.join(', ')}: ${why}` }));
  without(badNames, `${api} accepts ${nameRule}. Give them other names under "names" in mcp.json.`);
  without(badArguments, `${api} rejects names of their arguments. Use a profile whose "schemas" is not "verbatim".`);
  if (maxTools !== undefined && declared.length > maxTools)
    notes.push({ note: `${api} accepts ${maxTools} tools in a request, and these are ${declared.length}. Use a profile with fewer.` });
  return { declared, notes };
}
