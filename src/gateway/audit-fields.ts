import { hash } from 'node:crypto';
import type { Caller } from '../core/caller.ts';
import type { ToolEntry } from '../registry/catalogue.ts';

const toolFields = new WeakMap<ToolEntry, string>();

/** The fields of an audit line that name a tool, with a hash over all that a model sees of it. */
export function auditFields(entry: ToolEntry): string {
  let fields = toolFields.get(entry);
  if (fields === undefined) {
    fields = members({
      plugin: entry.plugin.id,
      tool: entry.name,
      surface: surfaceOf(entry),
    });
    toolFields.set(entry, fields);
  }
  return fields;
}

/** A short hash over all that a model sees of a tool: it changes when the tool looks different. */
export function surfaceOf({ name, description, input, tool }: ToolEntry): string {
  return hash('sha256', JSON.stringify([name, tool.title, description, input, tool.output, tool.hints])).slice(0, 16);
}

/** The fields of an audit line that name a caller and its client. */
export function auditCaller(caller: Caller, transport: string, client: string): string {
  return members({
    principal: caller.principal,
    profile: caller.profile,
    transport,
    client,
  });
}

function members(object: Readonly<Record<string, string>>): string {
  return JSON.stringify(object).slice(1, -1);
}
