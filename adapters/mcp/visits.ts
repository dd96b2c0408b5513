import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { CallContext } from '../../src/core/tool.ts';
import { RpcFailure } from './messages.ts';
import type { ServerNotifications } from './notifications.ts';
import { safeAddress } from './questions.ts';

const VISIT_FIRST = -32042;
const MOST_VISITS = 10;
/** A server need not say when a person is done: it is asked again that often. */
const ASK_AGAIN_MS = 3_000;

interface Visit {
  readonly id: string;
  readonly message: string;
  readonly url: string;
}

/**
 * Revision 2025-11-25 may refuse a call until a person has been somewhere. The person is asked once for each address, and
 * the call repeated when the server says that they are done, or after a while. Throws the refusal where they say no.
 */
export async function afterVisits(
  first: unknown,
  notices: ServerNotifications,
  ctx: CallContext,
  again: () => Promise<JsonObject>,
): Promise<JsonObject> {
  const asked = new Set<string>();
  for (let refusal = first; ; ) {
    const visits = toVisits(refusal);
    if (visits.length === 0 || visits.length > MOST_VISITS || asked.size > MOST_VISITS) throw refusal;
    const done = Promise.all(visits.map(({ id }) => notices.completed(id, ctx)));
    done.catch(() => undefined);
    const fresh = visits.filter(({ url }) => !asked.has(url));
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

/** The addresses that an error wants a person to visit first. */
function toVisits(error: unknown): Visit[] {
  if (!(error instanceof RpcFailure) || error.number !== VISIT_FIRST) return [];
  const list = isJsonObject(error.data) && Array.isArray(error.data.elicitations) ? error.data.elicitations : [];
  return list.flatMap((item) => {
    if (!isJsonObject(item) || typeof item.elicitationId !== 'string' || typeof item.url !== 'string') return [];
    // Answers come back under these ids, so what every object inherits cannot be one.
    if (item.elicitationId in Object.prototype) return [];
    return [{ id: item.elicitationId, message: typeof item.message === 'string' ? item.message : '', url: safeAddress(item.url) }];
  });
}

async function agrees(visits: readonly Visit[], ctx: CallContext): Promise<boolean> {
  if (visits.length === 0) return true;
  const answers = await ctx.ask(Object.fromEntries(visits.map(({ id, message, url }) => [id, { kind: 'url', message, url } as const])));
  return visits.every(({ id }) => Object.hasOwn(answers, id) && answers[id]?.action === 'accept');
}
