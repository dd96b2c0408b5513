import { setTimeout as sleep } from 'node:timers/promises';
import type { CallContext } from '../../../src/core/contract/tool.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { RpcFailure } from '../connection/messages.ts';
import type { ServerNotifications } from './notifications.ts';
import { safeAddress } from './questions.ts';

const URL_ELICITATION_REQUIRED = -32042;
const MAX_VISITS = 10;
/** Servers need not report completion, so the call is also retried at this interval. */
const ASK_AGAIN_MS = 3_000;

interface UrlElicitation {
  readonly id: string;
  readonly message: string;
  readonly url: string;
}

/**
 * In revision 2025-11-25 a server can reject a call until the user has visited a URL (-32042). Asks once per URL, then
 * retries when the server reports completion, or every 3 s. Throws the rejection if the user declines.
 */
export async function retryAfterUrlElicitation(
  first: unknown,
  notifications: ServerNotifications,
  ctx: CallContext,
  again: () => Promise<JsonObject>,
): Promise<JsonObject> {
  const asked = new Set<string>();
  for (let refusal = first; ; ) {
    const elicitations = toUrlElicitations(refusal);
    if (elicitations.length === 0 || elicitations.length > MAX_VISITS || asked.size > MAX_VISITS) throw refusal;
    const done = Promise.all(elicitations.map(({ id }) => notifications.completed(id, ctx)));
    done.catch(() => undefined);
    const fresh = elicitations.filter(({ url }) => !asked.has(url));
    if (!(await agrees(fresh, ctx))) throw refusal;
    for (const { url } of fresh) asked.add(url);
    await Promise.race([done, sleep(ASK_AGAIN_MS, undefined, { ref: false })]);
    try {
      return await again();
    } catch (error) {
      refusal = error;
    }
  }
}

/** The URLs that the user has to visit first, according to an error. */
function toUrlElicitations(error: unknown): UrlElicitation[] {
  if (!(error instanceof RpcFailure) || error.number !== URL_ELICITATION_REQUIRED) return [];
  const list = isJsonObject(error.data) && Array.isArray(error.data.elicitations) ? error.data.elicitations : [];
  return list.flatMap((item) => {
    if (!isJsonObject(item) || typeof item.elicitationId !== 'string' || typeof item.url !== 'string') return [];
    // Answers are returned in an object, so names of inherited members cannot be ids.
    if (item.elicitationId in Object.prototype) return [];
    return [{ id: item.elicitationId, message: typeof item.message === 'string' ? item.message : '', url: safeAddress(item.url) }];
  });
}

async function agrees(elicitations: readonly UrlElicitation[], ctx: CallContext): Promise<boolean> {
  if (elicitations.length === 0) return true;
  const answers = await ctx.ask(
    Object.fromEntries(elicitations.map(({ id, message, url }) => [id, { kind: 'url', message, url } as const])),
  );
  return elicitations.every(({ id }) => Object.hasOwn(answers, id) && answers[id]?.action === 'accept');
}
