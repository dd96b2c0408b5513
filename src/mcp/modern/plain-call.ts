import { isJsonObject } from '../../core/json/json.ts';
import type { JsonCaps } from '../../core/json/json-scan.ts';
import { readTraceContext } from '../../core/trace-context.ts';
import type { HeaderView, Outlet } from '../wire/outlet.ts';
import { MODERN } from '../wire/revisions.ts';
import { RPC, readJson } from '../wire/wire.ts';
import type { ModernPeer } from './modern-peer.ts';

const ENVELOPE = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} };

const CLIENT = 'io.modelcontextprotocol/clientInfo';

/** A client without MCP. */
export interface PlainClient {
  readonly name: string;
  /** The headers of its request, if they may have a trace context. */
  readonly headers?: HeaderView;
}

/** Calls one tool for a client without MCP, as a client without capabilities. `bytes`: the arguments as JSON. */
export function plainCall(
  peer: ModernPeer,
  tool: string,
  bytes: Buffer,
  { name, headers = {} }: PlainClient,
  caps: JsonCaps,
  outlet: Outlet,
): void {
  const read = bytes.length === 0 ? { value: {} } : readJson(bytes, caps);
  if ('fault' in read) return peer.refuse(read.fault, outlet);
  const { value: args } = read;
  if (!isJsonObject(args)) {
    const message = 'The body must be a JSON object with the arguments.';
    return peer.refuse({ kind: 'fault', id: null, number: RPC.params, code: 'INVALID_PARAMS', message }, outlet);
  }
  peer.receive(
    {
      kind: 'request',
      id: 1,
      method: 'tools/call',
      params: { name: tool, arguments: args, _meta: { ...ENVELOPE, ...readTraceContext(headers), [CLIENT]: { name } } },
    },
    outlet,
  );
}
