import { type ChannelCredentials, Client, type ClientUnaryCall, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { CallMetadata, type Headers } from './call-metadata.ts';
import {
  readCall,
  readConfigure,
  readHealth,
  readNothing,
  readStdio,
  readTools,
  type StdioData,
  type WireTool,
  writeCall,
  writeConfigure,
  writeEmpty,
  writeHealth,
} from './messages.ts';

const UNARY_MS = 10_000;
const SHUTDOWN_MS = 2_000;
/** The gRPC status codes that are handled. */
export const STATUS = {
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
} as const;

/** The gRPC services of one running plugin. Descriptors are fixed; none come from the plugin. */
export interface Connection {
  healthy(withinMs?: number): Promise<boolean>;
  /** Resolves with the reason if the settings were rejected, else undefined. */
  configure(settings: Readonly<Record<string, string>>, withinMs: number): Promise<string | undefined>;
  listTools(withinMs: number): Promise<WireTool[]>;
  /** Has no deadline; the caller cancels it. */
  call(tool: string, payload: string, headers: Headers, done: (error: ServiceError | null, result?: string) => void): ClientUnaryCall;
  /** Reads a Go plugin's output. Must be called once, or a plugin with much output hangs. */
  drain(onOutput: (data: StdioData) => void): void;
  shutdown(): Promise<void>;
  close(): void;
}

/** Connects to a listening plugin. Responses over `largestBytes` are rejected. */
export function connect(target: string, largestBytes: number, channel: ChannelCredentials = credentials.createInsecure()): Connection {
  const client = new Client(target, channel, {
    'grpc.max_receive_message_length': largestBytes,
    'grpc.max_send_message_length': -1,
    'grpc.enable_http_proxy': 0,
    // Retries are decided by the caller, not by the connection.
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 1000,
  });
  const none = new Metadata();

  const unary = <Q, A>(path: string, write: (q: Q) => Buffer, read: (b: Buffer) => A, question: Q, withinMs: number): Promise<A> =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + withinMs };
      const request: ClientUnaryCall = client.makeUnaryRequest(
        path,
        write,
        once(read, () => request),
        question,
        none,
        options,
        (error, answer) => (error ? reject(error) : resolve(answer as A)),
      );
    });

  return {
    healthy: (withinMs = UNARY_MS) => unary('/grpc.health.v1.Health/Check', writeHealth, readHealth, undefined, withinMs),
    configure: (settings, withinMs) => unary('/plugin.ToolPlugin/Configure', writeConfigure, readConfigure, settings, withinMs),
    listTools: (withinMs) => unary('/plugin.ToolPlugin/ListTools', writeEmpty, readTools, undefined, withinMs),
    call(tool, payload, headers, done) {
      const read = once(readCall, () => request);
      const request: ClientUnaryCall = withoutStack(() =>
        client.makeUnaryRequest('/plugin.ToolPlugin/Call', writeCall, read, { tool, payload }, new CallMetadata(headers), done),
      );
      return request;
    },
    drain(onOutput) {
      const stream = client.makeServerStreamRequest('/plugin.GRPCStdio/StreamStdio', writeEmpty, readStdio, undefined);
      stream.on('data', (data: StdioData) => {
        try {
          onOutput(data);
        } catch {
          // An error in output handling must not end the connection.
          stream.cancel();
        }
      });
      // Old plugins lack this service, and every stream ends with its plugin.
      stream.on('error', () => undefined);
    },
    async shutdown() {
      // A Go plugin closes the connection instead of responding.
      await unary('/plugin.GRPCController/Shutdown', writeEmpty, readNothing, undefined, SHUTDOWN_MS).catch(() => undefined);
    },
    close: () => client.close(),
  };
}

// The library reads one message of a unary call and then waits for a stream end that is never read, so a second message would
// block the call forever. Reading on rejects it immediately.
function once<A>(read: (bytes: Buffer) => A, request: () => ClientUnaryCall): (bytes: Buffer) => A {
  return (bytes) => {
    request().call?.startRead();
    return read(bytes);
  };
}

// The client captures a stack trace for every call, which is expensive and useless for a plugin's failure.
function withoutStack<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
