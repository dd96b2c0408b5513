import { stdioCommand } from '../world/gateway.mjs';
import { HttpClient } from './http.mjs';
import { SseClient } from './sse.mjs';
import { StdioClient } from './stdio.mjs';
import { WebSocketClient } from './websocket.mjs';

/** A client of a kind: `http`, `sse`, `ws` or `stdio`, with `-modern` for the modern era. */
export function createClient(kind, name, { world, gateway, oracle }, principal = 'ada') {
  const [transport, era] = kind.split('-');
  const common = { name, principal, modern: era === 'modern', oracle };
  if (transport === 'stdio') return new StdioClient({ ...common, command: stdioCommand(world) });
  const target = { ...common, url: gateway.at(transport), token: world.tokens[principal] };
  if (transport === 'sse') return new SseClient(target);
  return transport === 'ws' ? new WebSocketClient(target) : new HttpClient(target);
}
