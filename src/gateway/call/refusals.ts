import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { toolWithheld } from '../../policy/pins.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Registry } from '../../registry/registry.ts';
import { unknownFields } from '../audit/audit-fields.ts';
import { unknown } from '../view/prompts.ts';
import type { View } from '../view/view.ts';
import type { Call } from './call.ts';
import { type Outcome, type PipelineParts, toRefusal } from './pipeline.ts';

/** The dependencies of `createRefusals`. */
export interface RefusalParts {
  readonly registry: Pick<Registry, 'catalogue' | 'unavailable'>;
  parts(): PipelineParts;
  policy(): Policy;
  view(call: Call): View;
}

/** Rejects calls that never reach a tool, and records each in the audit log. */
export interface Refusals {
  /** Rejects with the error. */
  refuse(error: GatewayError, name: string, args: JsonObject, auditCaller: string): Promise<never>;
  /** For a tool that does not exist: rejects, or returns the cause if the caller may know it from an earlier session. */
  refuseUnknown(name: string, args: JsonObject, call: Call, auditCaller: string): Promise<Outcome>;
}

export function createRefusals({ registry, parts, policy, view }: RefusalParts): Refusals {
  const note = async ({ code, ref }: GatewayError, name: string, args: JsonObject, caller: string): Promise<void> => {
    const { audit, auditRequired, redactor, stats } = parts();
    stats.record({ caller, tool: unknownFields(redactor.text(name)), args, outcome: 'refused', code, ref, ms: 0, bytes: 0 });
    if (auditRequired) await audit.written();
  };
  const refuse: Refusals['refuse'] = async (error, name, args, caller) => {
    await note(error, name, args, caller);
    throw error;
  };
  // The cause is only for callers that would see the tool if its plugin loaded.
  const causeOfLoss = (name: string, { caller }: Call): GatewayError | undefined => {
    const lost = registry.catalogue().lost.get(name);
    const cause = lost && policy().knew(lost, caller) ? registry.unavailable(lost.plugin.id) : undefined;
    return cause && new GatewayError(cause.code, cause.message, { ...cause.details, tool: name });
  };
  const withheld = (name: string, { caller }: Call): GatewayError | undefined => {
    const tool = registry.catalogue().withheld.get(name);
    return tool && policy().knew(tool.entry, caller) ? toolWithheld(name, tool) : undefined;
  };
  return {
    refuse,
    async refuseUnknown(name, args, call, caller) {
      const failure = withheld(name, call) ?? causeOfLoss(name, call);
      if (!failure) return refuse(unknown('UNKNOWN_TOOL', 'tool', name, view(call).tools.keys()), name, args, caller);
      await note(failure, name, args, caller);
      return { result: toRefusal(failure, call, parts()), failure };
    },
  };
}
