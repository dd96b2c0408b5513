import type { CallContext } from '../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { InFlight } from '../connection/in-flight.ts';
import { toQuestion } from './questions.ts';

/** Answers a legacy server request. In the modern era server requests are results and do not come here. */
export async function answerServer(
  method: string,
  params: JsonObject,
  request: number | undefined,
  calls: InFlight,
  refused: WeakMap<CallContext, GatewayError>,
): Promise<JsonObject> {
  const question = toQuestion(method, params);
  const ctx = calls.of(request) ?? (await calls.asker());
  if (question.kind === 'roots' && ctx && !ctx.answerableKinds.includes('roots')) return { roots: [] };
  // Not an empty list for roots: some servers read the roots once, before any client calls, and would keep it.
  if (!ctx) throw new GatewayError('ASK_FAILED', 'No client can be asked: no call is in flight.');
  try {
    const { question: found } = await calls.whileAsked(ctx, ctx.ask({ question }));
    return found ?? {};
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'CAPABILITY_MISSING') refused.set(ctx, error);
    throw error;
  }
}
