import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Approvals, Returned } from '../approval/approvals.ts';
import { checkArguments } from './arguments.ts';
import type { Call } from './call.ts';
import type { Entitlement } from './entitlement.ts';
import type { Wanted } from './opening.ts';
import { type Outcome, type PipelineParts, runCall } from './pipeline.ts';
import type { Refusals } from './refusals.ts';
import type { Semaphore } from './semaphore.ts';

/** Runs a call of a tool that the caller sees. `caller`: its fields of the audit line; `refusal`: why the call must not run. */
export type Begin = (wanted: Wanted, call: Call, caller: string, client?: Semaphore, refusal?: GatewayError) => Promise<Outcome>;

/** The dependencies of `createBegin`. */
export interface BeginParts {
  readonly approvals: Pick<Approvals, 'redeem'>;
  readonly refuse: Refusals['refuse'];
  readonly parts: () => PipelineParts;
  /** Why the caller must not call a tool now, if so. */
  readonly entitle: Entitlement;
}

/** Restores and checks the arguments of a call, redeems the answer that came with it, and runs it. */
export function createBegin({ approvals, refuse, parts, entitle }: BeginParts): Begin {
  const run = (
    { name, sent, tool }: Wanted,
    restored: JsonObject,
    call: Call,
    caller: string,
    client?: Semaphore,
    refusal?: GatewayError,
  ): Promise<Outcome> => {
    const { args, fault } = checkArguments(tool.entry, restored);
    let returned: Returned | undefined;
    try {
      returned = approvals.redeem(tool, args, call);
    } catch (error) {
      return refuse(error as GatewayError, name, sent, caller);
    }
    return runCall({ tool, args, fault, call, client, returned, audit: caller, refusal }, parts());
  };

  return (wanted, call, caller, client, known) => {
    const refusal = known ?? entitle(wanted.tool, call);
    const { entry, shape } = wanted.tool;
    const restored = shape.restore ? shape.restore(wanted.args) : wanted.args;
    const preparing = entry.checker.ready(restored);
    // Most checkers are ready, and a closure for each call would cost more than the call of a function.
    if (preparing === undefined) return run(wanted, restored, call, caller, client, refusal);
    return preparing.then(() => run(wanted, restored, call, caller, client, refusal));
  };
}
