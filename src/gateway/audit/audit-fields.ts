import type { Caller } from '../../core/contract/caller.ts';
import { showName } from '../../core/text/text.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { surfaceOf } from '../../registry/catalogue/surface.ts';

const toolFields = new WeakMap<ToolEntry, string>();

/** The fields of an audit line that identify a tool, with a hash over everything a model sees of it. */
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

/** The fields of an audit line for a tool that does not exist for the caller, by the name that was called. */
export function unknownFields(name: string): string {
  return members({ plugin: '', tool: showName(name) });
}

interface CallerFields {
  readonly transport: string;
  readonly client: string;
  readonly era: string | undefined;
  readonly fields: string;
}

const callerFields = new WeakMap<Caller, CallerFields>();

/** The fields of an audit line that identify a caller and its client; `era` is that of its protocol, if it has one. */
export function auditCaller(caller: Caller, transport: string, client: string, era?: 'legacy' | 'modern'): string {
  // In the stateless era each request names its client, which is mostly the same.
  const known = callerFields.get(caller);
  if (known?.transport === transport && known.client === client && known.era === era) return known.fields;
  const fields = members({
    principal: caller.principal,
    profile: caller.profile,
    transport,
    client: showName(client),
    ...(era === undefined ? {} : { era }),
  });
  callerFields.set(caller, { transport, client, era, fields });
  return fields;
}

function members(object: Readonly<Record<string, string>>): string {
  return JSON.stringify(object).slice(1, -1);
}
