import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { LoggingMessageNotificationSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';

/** Real clients of every generation that the tests drive. */
export const GENERATIONS = ['v2 legacy', 'v2 auto', 'v2 modern', 'v1'] as const;

/** One of them. */
export type Generation = (typeof GENERATIONS)[number];

/** Where a client connects: a URL, or a program to start. */
export type Target =
  | { readonly url: string; readonly headers?: Record<string, string> }
  | { readonly command: string; readonly args: readonly string[] };

/** What the tests do with a client, the same for all generations. */
export interface TestClient {
  readonly raw: ClientV2 | ClientV1;
  list(): Promise<string[]>;
  call(name: string, args?: object, options?: CallOptions): Promise<CallResult>;
  /** How often the client was told that the tools have changed. */
  changes(): number;
  /** Log lines it was sent. */
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

/** Connects a client; it is closed with the test at the latest. */
export async function connect(generation: Generation, target: Target): Promise<TestClient> {
  const client = generation === 'v1' ? await connectV1(target) : await connectV2(generation, target);
  onTestFinished(() => client.close().catch(() => undefined));
  return client;
}

async function connectV2(generation: Exclude<Generation, 'v1'>, target: Target): Promise<TestClient> {
  let changes = 0;
  const logs: string[] = [];
  const client = new ClientV2(INFO, {
    versionNegotiation: { mode: MODES[generation] },
    listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => void changes++ } },
  });
  client.setNotificationHandler('notifications/message', ({ params }) => void logs.push(String(params.data)));
  const transport =
    'url' in target
      ? new HttpV2(new URL(target.url), { requestInit: { headers: target.headers ?? {} } })
      : new StdioV2({ command: target.command, args: [...target.args], stderr: 'ignore' });
  await client.connect(transport);
  return {
    raw: client,
    list: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (name, args = {}, { logLevel, ...options } = {}) =>
      client.callTool(
        {
          name,
          arguments: args as Record<string, unknown>,
          ...(logLevel === undefined ? {} : { _meta: { 'io.modelcontextprotocol/logLevel': logLevel } }),
        },
        options,
      ) as Promise<CallResult>,
    changes: () => changes,
    logs: () => logs,
    pid: () => ('pid' in transport ? (transport.pid ?? undefined) : undefined),
    close: () => client.close(),
  };
}

async function connectV1(target: Target): Promise<TestClient> {
  let changes = 0;
  const logs: string[] = [];
  const client = new ClientV1(INFO);
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logs.push(String(params.data)));
  const transport =
    'url' in target
      ? new HttpV1(new URL(target.url), { requestInit: { headers: target.headers ?? {} } })
      : new StdioV1({ command: target.command, args: [...target.args], stderr: 'ignore' });
  await client.connect(transport);
  return {
    raw: client,
    list: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (name, args = {}, { logLevel: _, ...options } = {}) =>
      client.callTool({ name, arguments: args as Record<string, unknown> }, undefined, options) as Promise<CallResult>,
    changes: () => changes,
    logs: () => logs,
    pid: () => ('pid' in transport ? (transport.pid ?? undefined) : undefined),
    close: () => client.close(),
  };
}
