import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { RpcError } from './errors.ts';
import { isModern, MODERN } from './revisions.ts';
import { RPC } from './wire.ts';

const PREFIX = 'io.modelcontextprotocol/';

interface WithParams {
  readonly params: JsonObject;
}

/** One value of the envelope that every modern request carries in `_meta`. */
export function envelopeValue({ params: { _meta: meta } }: WithParams, name: string): JsonValue | undefined {
  return isJsonObject(meta) ? meta[PREFIX + name] : undefined;
}

/** What a client calls itself, by what it says of itself; empty where it does not. */
export function nameOf(clientInfo: JsonValue | undefined): string {
  return isJsonObject(clientInfo) && typeof clientInfo.name === 'string' ? clientInfo.name.slice(0, 64) : '';
}

/** Whether a message carries the envelope of the stateless era; it may still be a bad one. */
export function hasEnvelope(message: WithParams): boolean {
  return envelopeValue(message, 'protocolVersion') !== undefined;
}

/** The revision that a request's envelope names; a refusal where it names none. */
export function envelopeRevision(message: WithParams): string | RpcError {
  const version = envelopeValue(message, 'protocolVersion');
  return typeof version === 'string' ? version : missing('protocolVersion');
}

/** What is wrong with the rest of an envelope: a revision that is not served here, or no capabilities. */
export function envelopeFault(message: WithParams, version: string): RpcError | undefined {
  if (!isModern(version)) {
    const requested = version.slice(0, 40);
    return new RpcError(RPC.version, `Revision ${requested} is not served without a handshake.`, { supported: [MODERN], requested }, 400);
  }
  return isJsonObject(envelopeValue(message, 'clientCapabilities')) ? undefined : missing('clientCapabilities');
}

function missing(name: string): RpcError {
  const error = new GatewayError('INVALID_PARAMS', `The request lacks _meta["${PREFIX}${name}"].`, { field: `_meta.${PREFIX}${name}` });
  return new RpcError(RPC.params, error.message, error.toObject(), 400);
}
