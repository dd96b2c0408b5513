import type { DescMethod } from '@bufbuild/protobuf';
import type { Client, ClientReadableStream, ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js';
import type { ToolResult } from '../../../src/core/contract/content.ts';
import type { CallContext } from '../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { type Codec, toStreamResult, toUnaryResult } from './codec.ts';
import { toFailure } from './status.ts';

/** More messages than this are no answer that a model reads. */
const MAX_MESSAGES = 1_000;
/** The gateway's own deadline comes first, so that its text says what to do. */
const DEADLINE_MARGIN_MS = 250;

/** How calls reach the server. */
export interface Caller {
  readonly client: Client;
  readonly metadata: Metadata;
  /** Largest result, in bytes of its messages. */
  readonly resultBytes: number;
  /**
   * Admits a call, which `stop` ends early; returns what the call does at its end. Throws PLUGIN_UNAVAILABLE if no more calls are
   * accepted.
   */
  started(stop: (error: GatewayError) => void): (error: ServiceError | undefined) => void;
}

/** One method that can be called. */
export interface CallableMethod {
  readonly desc: DescMethod;
  readonly codec: Codec;
  /** As `pkg.v1.Service/Method`. */
  readonly path: string;
}

// The trace of a call reaches the server as it would from an instrumented client.
function metadataFor(metadata: Metadata, { trace }: CallContext): Metadata {
  if (trace === undefined) return metadata;
  const own = metadata.clone();
  for (const [name, value] of Object.entries(trace)) own.set(name, value);
  return own;
}

/** Calls a method with one response. */
export async function callUnary(
  { desc, codec, path }: CallableMethod,
  args: JsonObject,
  ctx: CallContext,
  caller: Caller,
): Promise<ToolResult> {
  const request = codec.encode(args);
  return new Promise((resolve, reject) => {
    const ended = caller.started((error) => {
      reject(error);
      call.cancel();
    });
    const call: ClientUnaryCall = caller.client.makeUnaryRequest(
      `/${path}`,
      asBytes,
      asBytes,
      request,
      metadataFor(caller.metadata, ctx),
      { deadline: deadlineOf(ctx.timeLimits?.timeoutMs) },
      (error: ServiceError | null, bytes?: Buffer) => {
        ended(error ?? undefined);
        try {
          if (!error) return resolve(toUnaryResult(desc, codec.decode(bytes as Buffer, codec.budget())));
          resolve(toFailure(error, path));
        } catch (fault) {
          reject(fault);
        }
      },
    );
    ctx.onAbort(() => call.cancel());
  });
}

/** Calls a method that streams its responses; each is reported as progress. */
export async function callStream({ codec, path }: CallableMethod, args: JsonObject, ctx: CallContext, caller: Caller): Promise<ToolResult> {
  const request = codec.encode(args);
  return new Promise((resolve, reject) => {
    const ended = caller.started((error) => {
      reject(error);
      call.cancel();
    });
    const messages: JsonValue[] = [];
    const budget = codec.budget();
    let bytes = 0;
    let settled = false;
    const call: ClientReadableStream<Buffer> = caller.client.makeServerStreamRequest(
      `/${path}`,
      asBytes,
      asBytes,
      request,
      metadataFor(caller.metadata, ctx),
      {
        // Progress extends the gateway's deadline up to the cap.
        deadline: deadlineOf(ctx.timeLimits?.capMs),
      },
    );
    const settle = (result: () => ToolResult): void => {
      if (settled) return;
      settled = true;
      try {
        resolve(result());
      } catch (fault) {
        reject(fault);
      }
    };
    const stop = (why: string): void => {
      settle(() => toStreamResult(messages, [`stopped after ${messages.length} messages: ${why}`]));
      call.cancel();
    };
    call.on('data', (message: Buffer) => {
      if (settled) return;
      if (messages.length === MAX_MESSAGES) return stop(`a result has at most ${MAX_MESSAGES}`);
      bytes += message.byteLength;
      if (bytes > caller.resultBytes) return stop('the result would exceed "limits.resultBytes"');
      try {
        messages.push(codec.decode(message, budget));
      } catch (fault) {
        settle(() => {
          throw fault;
        });
        return call.cancel();
      }
      ctx.progress(messages.length, undefined, `message ${messages.length}`);
    });
    call.on('end', () => settle(() => toStreamResult(messages)));
    call.on('status', ({ code }) => code === 0 && ended(undefined));
    call.on('error', (error: ServiceError) => {
      ended(error);
      if (settled) return;
      settle(() => (messages.length === 0 ? toFailure(error, path) : toPartial(messages, error, path)));
    });
    ctx.onAbort((reason) => {
      settle(() => {
        throw reason;
      });
      call.cancel();
    });
  });
}

// What came is of use, and the model must know that more would have come.
function toPartial(messages: readonly JsonValue[], error: ServiceError, path: string): ToolResult {
  const failure = describeFailure(error, path);
  const result = toStreamResult(messages);
  return {
    ...failure,
    isError: true,
    content: [...failure.content, ...result.content],
    ...(result.structured === undefined ? {} : { structured: result.structured }),
  };
}

function describeFailure(error: ServiceError, path: string): ToolResult {
  try {
    return toFailure(error, path);
  } catch (fault) {
    return { content: [{ type: 'text', text: fault instanceof GatewayError ? fault.message : String(fault) }] };
  }
}

function deadlineOf(ms: number | undefined): Date | number {
  return ms === undefined ? Number.POSITIVE_INFINITY : Date.now() + ms + DEADLINE_MARGIN_MS;
}

function asBytes(bytes: Buffer): Buffer {
  return bytes;
}
