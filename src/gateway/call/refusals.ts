import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Registry } from '../../registry/registry.ts';
import { unknownFields } from '../audit/audit-fields.ts';
import { unknown } from '../view/prompts.ts';
import type { View } from '../view/view.ts';
import type { Call } from './call.ts';
import { type Outcome, type PipelineParts, toRefusal } from './pipeline.ts';

/** What refusing needs of the gateway, as it is now. */
export interface RefusalParts {
  readonly registry: Pick<Registry, 'catalogue' | 'unavailable'>;
  parts(): PipelineParts;
  policy(): Policy;
  view(call: Call): View;
}

/** Refusals of calls that never get to a tool; each is a line of the audit log as well. */
export interface Refusals {
  /** Rejects with the error. */
  refuse(error: GatewayError, name: string, args: JsonObject, auditCaller: string): Promise<never>;
  /** Of a tool that is not there: rejects, or tells why it is not where the caller may know it from another day. */
  refuseUnknown(name: string, args: JsonObject, call: Call, auditCaller: string): Promise<Outcome>;
}

/** Makes them. */
export function createRefusals({ registry, parts, policy, view }: RefusalParts): Refusals {
  const note = async ({ code }: GatewayError, name: string, args: JsonObject, caller: string): Promise<void> => {
    const { audit, auditRequired, redactor } = parts();
    audit.record({ caller, tool: unknownFields(redactor.text(name)), args, outcome: 'refused', code, ms: 0, bytes: 0 });
    if (auditRequired) await audit.written();
  };
  const refuse: Refusals['refuse'] = async (error, name, args, caller) => {
    await note(error, name, args, caller);
    throw error;
  };
  // Nobody learns of a tool that they would not see if its plugin loaded.
  const causeOfLoss = (name: string, { caller }: Call): GatewayError | undefined => {
    const lost = registry.catalogue().lost.get(name);
    const cause = lost && policy().knew(lost, caller) ? registry.unavailable(lost.plugin.id) : undefined;
    return cause && new GatewayError(cause.code, cause.message, { ...cause.details, tool: name });
  };
  return {
    refuse,
    async refuseUnknown(name, args, call, caller) {
      const failure = causeOfLoss(name, call);
      if (!failure) return refuse(unknown('UNKNOWN_TOOL', 'tool', name, view(call).tools.keys()), name, args, caller);
      await note(failure, name, args, caller);
      return { result: toRefusal(failure, call, parts()), failure };
    },
  };
}
