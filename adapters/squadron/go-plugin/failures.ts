import type { ServiceError } from '@grpc/grpc-js';
import { errorResult, type ToolResult } from '../../../src/core/contract/content.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { STATUS } from './connection.ts';

/** Sources of details about a failure beyond its gRPC status. */
export interface Causes {
  /** Why the process exited; undefined if it is still running. */
  ended(): Promise<string | undefined>;
  /** The traceback that a Python plugin printed for the failure. */
  traceback(): Promise<string | undefined>;
}

const GO_PREFIX = /^rpc error: code = \w+ desc = /;
const PYTHON_FAILURE = 'Internal Server Error';
// Messages of the gRPC library; any other text comes from the plugin.
const TOO_LARGE = /^Received message (larger than max|that decompresses to a size larger)/;
const UNREADABLE = /^(Response message parsing error|Failed to decompress|No message received)/;
const TWICE = 'Too many responses received';
const BROKEN_OFF = /^(Received RST_STREAM|Call cancelled$|Bandwidth exhausted or memory limit exceeded$)/;
const LOST =
  /^(Connection dropped|Stream refused by server|No connection established|Received HTTP status|Failed to start HTTP|connect E|read E|write E|Channel)/;

/** Converts a failed call. A tool's own error is returned as a result, everything else is thrown. */
export async function toFailure(tool: string, error: ServiceError, causes: Causes): Promise<ToolResult> {
  const { code } = error;
  const details = error.details.replace(GO_PREFIX, '');
  if (TOO_LARGE.test(details))
    throw new GatewayError('RESULT_TOO_LARGE', `The result of ${tool} exceeds the gateway's limit.`, { cause: error });
  if (UNREADABLE.test(details))
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin returned an unreadable response to ${tool}.`, { cause: error });
  if (BROKEN_OFF.test(details))
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin ended its response to ${tool} early.`, { cause: error });
  if (details === TWICE)
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin returned more than one response to ${tool}.`, { cause: error });
  switch (code) {
    case STATUS.UNKNOWN:
      return errorResult(
        details === PYTHON_FAILURE
          ? ((await causes.traceback()) ?? `${tool} failed; the plugin's log has the cause`)
          : details || `${tool} failed`,
      );
    case STATUS.RESOURCE_EXHAUSTED:
      return errorResult(`The arguments or the result of ${tool} are too large for the plugin: ${details}`);
    case STATUS.UNIMPLEMENTED:
      return errorResult(`The plugin does not implement calls of ${tool}: ${details}`);
    case STATUS.DEADLINE_EXCEEDED:
      throw new GatewayError('CALL_TIMEOUT', `${tool} timed out in the plugin: ${details}`);
    case STATUS.UNAVAILABLE: {
      const why = await causes.ended();
      if (why !== undefined)
        throw new GatewayError('PLUGIN_CRASHED', `The connection to the plugin was lost while the call was in flight: ${why}.`);
      // A tool may return an error of its own backend service.
      if (!LOST.test(details)) return errorResult(details || `${tool} is not available`);
      throw new GatewayError('UPSTREAM_LOST', `The connection to the plugin was lost while the call was in flight: ${details}.`);
    }
    default:
      return errorResult(details || `${tool} failed with the status ${code}`);
  }
}

/** Converts the error of a failed start step. */
export function toStartFailure(error: unknown): unknown {
  const { code, details } = error as Partial<ServiceError>;
  if (typeof code !== 'number' || typeof details !== 'string') return error;
  const why =
    code === STATUS.DEADLINE_EXCEEDED
      ? 'no response'
      : UNREADABLE.test(details) || TOO_LARGE.test(details)
        ? `unreadable response (${details})`
        : details.replace(GO_PREFIX, '');
  return new GatewayError('HANDSHAKE_FAILED', `The plugin process started, but its gRPC server failed: ${why}.`, { cause: error });
}
