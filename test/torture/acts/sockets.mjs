import { connect } from 'node:net';
import { sleep } from '../world/processes.mjs';

// Traffic that no library would send: unused connections, unfinished requests, and noise.

/** Opens connections, sends the output of `write` on each, holds them for a while, and drops them. */
export async function hold(url, { sockets, ms, write, read = false }) {
  const { hostname, port } = new URL(url);
  const open = Array.from({ length: sockets }, (_, i) => {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    if (!read) socket.pause();
    const bytes = write?.(i);
    if (bytes !== undefined) socket.write(bytes);
    return socket;
  });
  await sleep(ms);
  for (const socket of open) socket.destroy();
}

/** A complete request head. */
export function head(method, path, token, length, more = '') {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n${more}Content-Length: ${length}\r\n\r\n`;
}

/** A complete request of the modern era. */
export function modernCall(token, name, args) {
  const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'tools/call', params: { name, arguments: args, _meta: meta } });
  const headers = `MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: ${name}\r\n`;
  return head('POST', '/mcp', token, Buffer.byteLength(body), headers) + body;
}
