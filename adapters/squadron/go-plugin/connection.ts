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
/** gRPC status codes that mean something here. */
export const STATUS = {
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
} as const;

/** The services of one running plugin. Descriptors are fixed here: nothing a plugin sends is used as one. */
export interface Connection {
  healthy(withinMs?: number): Promise<boolean>;
  /** Why the settings were refused, or undefined. */
  configure(settings: Readonly<Record<string, string>>, withinMs: number): Promise<string | undefined>;
  listTools(withinMs: number): Promise<WireTool[]>;
  /** No deadline of its own: the caller cancels. */
  call(tool: string, payload: string, headers: Headers, done: (error: ServiceError | null, result?: string) => void): ClientUnaryCall;
  /** Empties what a Go plugin prints; must be called once, or a plugin that prints much hangs. */
  drain(heard: (data: StdioData) => void): void;
  shutdown(): Promise<void>;
  close(): void;
}

/** Connects to a plugin that listens already; the first call waits for nothing else. No answer is larger than `largestBytes`. */
export function connect(target: string, largestBytes: number, channel: ChannelCredentials = credentials.createInsecure()): Connection {
  const client = new Client(target, channel, {
    'grpc.max_receive_message_length': largestBytes,
    'grpc.max_send_message_length': -1,
    'grpc.enable_http_proxy': 0,
    // Whether a call may be sent twice is not for the connection to say.
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
    drain(heard) {
      const stream = client.makeServerStreamRequest('/plugin.GRPCStdio/StreamStdio', writeEmpty, readStdio, undefined);
      stream.on('data', (data: StdioData) => {
        try {
          heard(data);
        } catch {
          // What it printed is not worth its connection.
          stream.cancel();
        }
      });
      // An old plugin has no such service, and every stream ends with its plugin.
      stream.on('error', () => undefined);
    },
    async shutdown() {
      // A Go plugin hangs up instead of answering.
      await unary('/plugin.GRPCController/Shutdown', writeEmpty, readNothing, undefined, SHUTDOWN_MS).catch(() => undefined);
    },
    close: () => client.close(),
  };
}

// The library reads one message of a unary call and then waits for the end of a stream that nobody reads: a peer that
// sends a second one would hold the call for ever. Whoever reads on is told at once that it is one too many.
function once<A>(read: (bytes: Buffer) => A, request: () => ClientUnaryCall): (bytes: Buffer) => A {
  return (bytes) => {
    request().call?.startRead();
    return read(bytes);
  };
}

// The client notes for every call where it came from, in case it fails. What fails is the plugin, and notes are dear.
function withoutStack<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
