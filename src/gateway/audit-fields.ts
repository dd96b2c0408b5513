import { hash } from 'node:crypto';
import type { Caller } from '../core/caller.ts';
import type { ToolEntry } from '../registry/catalogue.ts';

const toolFields = new WeakMap<ToolEntry, string>();

/** The fields of an audit line that name a tool, with a hash over all that a model sees of it. */
export function auditFields(entry: ToolEntry): string {
  let fields = toolFields.get(entry);
  if (fields === undefined) {
    const { name, description, input, tool, plugin } = entry;
    const surface = hash('sha256', JSON.stringify([name, tool.title, description, input, tool.output, tool.hints]));
    fields = members({
      plugin: plugin.id,
      tool: name,
      surface: surface.slice(0, 16),
    });
    toolFields.set(entry, fields);
  }
  return fields;
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
