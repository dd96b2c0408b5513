// Clients of the benchmark: handwritten JSON-RPC, so that the load costs less than the servers under test.
import { HttpSession } from './sessions/http.mjs';
import { SseSession } from './sessions/sse.mjs';
import { StdioSession } from './sessions/stdio.mjs';
import { WebSocketSession } from './sessions/websocket.mjs';

const HANDSHAKE_MS = 10_000;

const KINDS = { http: HttpSession, sse: SseSession, ws: WebSocketSession, stdio: StdioSession };

/** Opens a session with a running server. */
export async function openSession(target, running) {
  const session = new KINDS[target.transport](target, running);
  const late = new Promise((_, reject) => setTimeout(reject, HANDSHAKE_MS, new Error('no handshake in time')).unref());
  await Promise.race([session.handshake(), late]);
  return session;
}
