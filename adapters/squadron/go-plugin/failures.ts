import type { ServiceError } from '@grpc/grpc-js';
import { errorResult, type ToolResult } from '../../../src/core/contract/content.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { STATUS } from './connection.ts';

/** Where the explanations of a failure are that a status does not give. */
export interface Causes {
  /** The end of the process, where it came with the failure; undefined where the process still runs. */
  ended(): Promise<string | undefined>;
  /** What a Python plugin wrote of the failure. */
  traceback(): Promise<string | undefined>;
}

const GO_PREFIX = /^rpc error: code = \w+ desc = /;
const PYTHON_FAILURE = 'Internal Server Error';
// What the connection's own side says; every other text is the plugin's.
const TOO_LARGE = /^Received message (larger than max|that decompresses to a size larger)/;
const UNREADABLE = /^(Response message parsing error|Failed to decompress|No message received)/;
const TWICE = 'Too many responses received';
const BROKEN_OFF = /^(Received RST_STREAM|Call cancelled$|Bandwidth exhausted or memory limit exceeded$)/;
const LOST =
  /^(Connection dropped|Stream refused by server|No connection established|Received HTTP status|Failed to start HTTP|connect E|read E|write E|Channel)/;

/** What a failed call comes to: the tool's own error is a result, the rest is thrown. */
export async function toFailure(tool: string, error: ServiceError, causes: Causes): Promise<ToolResult> {
  const { code } = error;
  const details = error.details.replace(GO_PREFIX, '');
  if (TOO_LARGE.test(details))
    throw new GatewayError('RESULT_TOO_LARGE', `The answer of ${tool} is larger than the gateway takes.`, { cause: error });
  if (UNREADABLE.test(details))
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin answered ${tool} with a message that cannot be read.`, { cause: error });
  if (BROKEN_OFF.test(details))
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin broke off its answer to ${tool}.`, { cause: error });
  if (details === TWICE) throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin answered ${tool} more than once.`, { cause: error });
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
      throw new GatewayError('CALL_TIMEOUT', `${tool} was given up by the plugin: ${details}`);
    case STATUS.UNAVAILABLE: {
      const why = await causes.ended();
      if (why !== undefined)
        throw new GatewayError('PLUGIN_CRASHED', `The connection to the plugin was lost while the call was in flight: ${why}.`);
      // A tool may hand on what a service of its own said.
      if (!LOST.test(details)) return errorResult(details || `${tool} is not available`);
      throw new GatewayError('UPSTREAM_LOST', `The connection to the plugin was lost while the call was in flight: ${details}.`);
    }
    default:
      return errorResult(details || `${tool} failed with the status ${code}`);
  }
}

/** A step of the start that failed, in words. */
export function toStartFailure(error: unknown): unknown {
  const { code, details } = error as Partial<ServiceError>;
  if (typeof code !== 'number' || typeof details !== 'string') return error;
  const why =
    code === STATUS.DEADLINE_EXCEEDED
      ? 'it does not answer'
      : UNREADABLE.test(details) || TOO_LARGE.test(details)
        ? `it answered with a message that cannot be read (${details})`
        : details.replace(GO_PREFIX, '');
  return new GatewayError('HANDSHAKE_FAILED', `The plugin started, but cannot be spoken to: ${why}.`, { cause: error });
}
