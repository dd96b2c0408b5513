import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { RpcError } from './errors.ts';
import { isModern, MODERN } from './revisions.ts';
import { RPC } from './wire.ts';

// Whole keys, since a key that is put together for each look-up is slower to find.
const KEYS = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
} as const;

type EnvelopeKey = keyof typeof KEYS;

interface WithParams {
  readonly params: JsonObject;
}

/** A value of the envelope that every modern request has in `_meta`. */
export function envelopeValue({ params: { _meta: meta } }: WithParams, name: EnvelopeKey): JsonValue | undefined {
  return isJsonObject(meta) ? meta[KEYS[name]] : undefined;
}

/** The name in a clientInfo, at most 64 characters; empty if there is none. */
export function nameOf(clientInfo: JsonValue | undefined): string {
  return isJsonObject(clientInfo) && typeof clientInfo.name === 'string' ? clientInfo.name.slice(0, 64) : '';
}

/** The version in a clientInfo, at most 64 characters; empty if there is none. */
export function versionOf(clientInfo: JsonValue | undefined): string {
  return isJsonObject(clientInfo) && typeof clientInfo.version === 'string' ? clientInfo.version.slice(0, 64) : '';
}

/** Whether a message has a modern envelope, valid or not. */
export function hasEnvelope(message: WithParams): boolean {
  return envelopeValue(message, 'protocolVersion') !== undefined;
}

/** The revision in a request's envelope, or the error if it is missing. */
export function envelopeRevision(message: WithParams): string | RpcError {
  const version = envelopeValue(message, 'protocolVersion');
  return typeof version === 'string' ? version : missing('protocolVersion');
}

/** Checks the rest of an envelope: an unsupported revision or missing capabilities. */
export function envelopeFault(message: WithParams, version: string): RpcError | undefined {
  if (!isModern(version)) {
    const requested = version.slice(0, 40);
    return new RpcError(
      RPC.version,
      `Revision ${requested} is not supported without a handshake.`,
      { supported: [MODERN], requested },
      400,
    );
  }
  return isJsonObject(envelopeValue(message, 'clientCapabilities')) ? undefined : missing('clientCapabilities');
}

function missing(name: EnvelopeKey): RpcError {
  const error = new GatewayError('INVALID_PARAMS', `The request has no _meta["${KEYS[name]}"].`, { field: `_meta.${KEYS[name]}` });
  return new RpcError(RPC.params, error.message, error.toObject(), 400);
}
