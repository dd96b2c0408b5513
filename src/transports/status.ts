import type { JsonObject } from '../core/json/json.ts';
import { replyTotals } from '../mcp/pending-replies.ts';
import type { Route } from './router.ts';
import { sendJson } from './send-json.ts';

/** The app's part of `/status`. */
export interface AppStatus {
  /** Calls in flight. */
  calls(): number;
  plugins(): readonly { readonly id: string; readonly state: string }[];
}

/** The transports' part of `/status`: numbers of sessions and connections. */
export type TransportStatus = () => Readonly<Record<'sessions' | 'sse' | 'websocket' | 'connections', number>>;

/** `/status`: the counters of a running gateway, for tokens with the scope `admin`. */
export function statusRoute({ calls, plugins }: AppStatus, transports: TransportStatus): Route {
  return {
    GET({ response }) {
      const status: JsonObject = {
        uptimeSeconds: Math.round(process.uptime()),
        replies: { ...replyTotals },
        calls: calls(),
        ...transports(),
        plugins: Object.fromEntries(plugins().map(({ id, state }) => [id, state])),
        memory: { ...process.memoryUsage() },
        resources: count(process.getActiveResourcesInfo()),
      };
      sendJson(response, 200, JSON.stringify(status), { 'Cache-Control': 'no-store' });
    },
  };
}

function count(names: readonly string[]): JsonObject {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  return Object.fromEntries(found);
}
