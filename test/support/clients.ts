import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
  SSEClientTransport as SseV2,
  type Transport as TransportV2,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SseV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport as WsV1 } from '@modelcontextprotocol/sdk/client/websocket.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { EventSource } from 'eventsource';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type OldClient, openOld } from './old-clients.ts';
import { oneByOne } from './one-by-one.ts';
import { isAlive, until } from './processes.ts';
import type { AtEnd } from './temp.ts';
import { WsTransport } from './ws-transport.ts';

// Node 20 lacks both; the older SDKs expect both.
Object.assign(globalThis, { WebSocket, EventSource });

/** Real clients of every generation that the tests drive. */
export const GENERATIONS = ['v2 legacy', 'v2 auto', 'v2 modern', 'v1', 'v1.10', 'v1.0'] as const;

/** One generation of clients. */
export type Generation = (typeof GENERATIONS)[number];

/** The transport of a client. */
export type Kind = 'http' | 'sse' | 'ws';

/** Where a client connects: a URL, or a program to start. */
export type Target =
  | { readonly url: string; readonly kind?: Kind; readonly headers?: Record<string, string> }
  | { readonly command: string; readonly args: readonly string[] };

/** The operations of a client, the same for all generations. */
export interface TestClient {
  readonly raw: ClientV2 | ClientV1;
  list(): Promise<string[]>;
  call(name: string, args?: object, options?: CallOptions): Promise<CallResult>;
  /** Number of tools/list_changed notifications. */
  changes(): number;
  /** Received log messages. */
  logs(): string[];
  pid(): number | undefined;
  close(): Promise<void>;
}

interface CallOptions {
  readonly onprogress?: (progress: { progress: number; total?: number; message?: string }) => void;
  readonly signal?: AbortSignal;
  readonly logLevel?: string;
}

interface CallResult {
  readonly content: { type: string; text?: string }[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
  readonly _meta?: Record<string, unknown>;
}

const INFO = { name: 'plugmux-test', version: '1.0.0' };
const MODES = { 'v2 legacy': 'legacy', 'v2 auto': 'auto', 'v2 modern': { pin: '2026-07-28' } } as const;

/** Connects a client and closes it after the test. `handlers` answer requests of the server. */
export async function connect(
  generation: Generation,
  target: Target,
  handlers: Handlers = {},
  atEnd: AtEnd = onTestFinished as AtEnd,
): Promise<TestClient> {
  const client =
    generation === 'v1' || generation === 'v1.10' || generation === 'v1.0'
      ? await connectV1(generation, target, handlers)
      : await connectV2(generation, target, handlers);
  // The older clients close without waiting for the program they started, which may still write in its folder.
  const pid = client.pid();
  atEnd(async () => {
    await client.close().catch(() => undefined);
    if (pid !== undefined) await until(`${generation}: its program ends`, () => !isAlive(pid), 20_000);
  });
  return client;
}

/** Answers to requests of a server. */
export interface Handlers {
  readonly elicit?: (params: Record<string, unknown>) => object;
  readonly sample?: (params: Record<string, unknown>) => object;
  readonly roots?: () => object;
}

function capabilitiesOf({ elicit, sample, roots }: Handlers): object {
  return {
    ...(elicit ? { elicitation: { form: {}, url: {} } } : {}),
    ...(sample ? { sampling: {} } : {}),
    ...(roots ? { roots: {} } : {}),
  };
}

async function connectV2(generation: keyof typeof MODES, target: Target, handlers: Handlers): Promise<TestClient> {
  let changes = 0;
  const logs: string[] = [];
  const client = new ClientV2(INFO, {
    versionNegotiation: { mode: MODES[generation] },
    capabilities: capabilitiesOf(handlers),
    listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => void changes++ } },
  });
  client.setNotificationHandler('notifications/message', ({ params }) => void logs.push(String(params.data)));
  const { elicit, sample, roots } = handlers;
  if (elicit) client.setRequestHandler('elicitation/create', ({ params }) => elicit(params as never) as never);
  if (sample) client.setRequestHandler('sampling/createMessage', ({ params }) => sample(params as never) as never);
  if (roots) client.setRequestHandler('roots/list', () => roots() as never);
  const transport = transportV2(target);
  await client.connect(oneByOne(transport));
  return {
    raw: client,
    list: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (name, args = {}, { logLevel, ...options } = {}) => {
      const meta = logLevel === undefined ? {} : { _meta: { 'io.modelcontextprotocol/logLevel': logLevel } };
      return client.callTool({ name, arguments: args as Record<string, unknown>, ...meta }, options) as Promise<CallResult>;
    },
    changes: () => changes,
    logs: () => logs,
    pid: () => pidOf(transport),
    close: () => client.close(),
  };
}

function transportV2(target: Target): TransportV2 {
  if (!('url' in target)) return new StdioV2({ command: target.command, args: [...target.args], env: builtOnce(), stderr: 'ignore' });
  const url = new URL(target.url);
  const options = { requestInit: { headers: target.headers ?? {} } };
  if (target.kind === 'ws') return new WsTransport(target.url) as unknown as TransportV2;
  return target.kind === 'sse' ? new SseV2(url, options) : new HttpV2(url, options);
}

async function connectV1(generation: 'v1' | 'v1.10' | 'v1.0', target: Target, handlers: Handlers): Promise<TestClient> {
  let changes = 0;
  const logs: string[] = [];
  const { client, transport, schemas } = generation === 'v1' ? openV1(target, handlers) : await openOld(generation, target, INFO);
  client.setNotificationHandler(schemas.toolsChanged, () => void changes++);
  client.setNotificationHandler(schemas.message, ({ params }) => void logs.push(String(params.data)));
  await client.connect(oneByOne(transport as object) as never);
  return {
    raw: client as unknown as ClientV1,
    list: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (name, args = {}, { logLevel: _, ...options } = {}) =>
      client.callTool({ name, arguments: args as Record<string, unknown> }, undefined, options) as Promise<CallResult>,
    changes: () => changes,
    logs: () => logs,
    pid: () => pidOf(transport),
    close: () => client.close(),
  };
}

function openV1(target: Target, handlers: Handlers): OldClient {
  const client = new ClientV1(INFO, { capabilities: capabilitiesOf(handlers) });
  const schemas = { toolsChanged: ToolListChangedNotificationSchema, message: LoggingMessageNotificationSchema };
  const { elicit, sample, roots } = handlers;
  if (elicit) client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicit(params as never) as never);
  if (sample) client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => sample(params as never) as never);
  if (roots) client.setRequestHandler(ListRootsRequestSchema, () => roots() as never);
  return { client: client as never, transport: transportV1(target) as never, schemas };
}

function transportV1(target: Target): unknown {
  if (!('url' in target)) return new StdioV1({ command: target.command, args: [...target.args], env: builtOnce(), stderr: 'ignore' });
  const url = new URL(target.url);
  const options = { requestInit: { headers: target.headers ?? {} } };
  if (target.kind === 'ws') return new WsV1(url);
  return target.kind === 'sse' ? new SseV1(url, options) : new HttpV1(url, options);
}

function pidOf(transport: unknown): number | undefined {
  const { pid, _process: child } = transport as { pid?: number | null; _process?: { pid?: number } };
  return pid ?? child?.pid ?? undefined;
}

// These transports pass on a reduced environment. Compiled plugins must still be compiled only once for all tests,
// and every gateway must scan its messages.
function builtOnce(): Record<string, string> {
  const { SQUADRON_HOME = '', NODE_OPTIONS = '', PLUGMUX_SCAN_FILE = '' } = process.env;
  return { SQUADRON_HOME, NODE_OPTIONS, PLUGMUX_SCAN_FILE };
}
