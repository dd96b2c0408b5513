import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Target } from './clients.ts';

/** The part of every first-generation client that tests use. */
export interface OldClient {
  readonly client: {
    connect(transport: unknown): Promise<void>;
    close(): Promise<void>;
    listTools(): Promise<{ tools: { name: string }[] }>;
    callTool(params: object, schema?: undefined, options?: object): Promise<unknown>;
    setNotificationHandler(schema: unknown, handler: (notification: { params: { data?: unknown } }) => void): void;
  };
  readonly transport: unknown;
  readonly schemas: { readonly toolsChanged: unknown; readonly message: unknown };
}

const require = createRequire(import.meta.url);

// The oldest packages have no "exports", so their files are imported by path.
const PACKAGES = {
  'v1.10': { root: 'sdk-1-10/client/index.js', files: '../../esm/' },
  'v1.0': { root: 'sdk-1-0/client/index.js', files: '../' },
} as const;

/** A client of an older release of the first generation. */
export async function openOld(generation: keyof typeof PACKAGES, target: Target, info: object): Promise<OldClient> {
  const { root, files } = PACKAGES[generation];
  const base = new URL(files, pathToFileURL(require.resolve(root)));
  const load = (file: string): Promise<Record<string, new (...args: unknown[]) => unknown>> => import(new URL(file, base).href);
  const [{ Client }, { StdioClientTransport }, { SSEClientTransport }, { WebSocketClientTransport }, types] = await Promise.all([
    load('client/index.js'),
    load('client/stdio.js'),
    load('client/sse.js'),
    load('client/websocket.js'),
    load('types.js'),
  ]);
  const open = async (): Promise<unknown> => {
    if (!('url' in target))
      return new (StdioClientTransport as never as new (o: object) => unknown)({ command: target.command, args: [...target.args] });
    const url = new URL(target.url);
    if (target.kind === 'ws') return new (WebSocketClientTransport as never as new (u: URL) => unknown)(url);
    if (target.kind === 'sse') return new (SSEClientTransport as never as new (u: URL) => unknown)(url);
    const { StreamableHTTPClientTransport } = await load('client/streamableHttp.js');
    return new (StreamableHTTPClientTransport as never as new (u: URL) => unknown)(url);
  };
  return {
    client: new (Client as never as new (i: object, o: object) => OldClient['client'])(info, { capabilities: {} }),
    transport: await open(),
    schemas: { toolsChanged: types.ToolListChangedNotificationSchema, message: types.LoggingMessageNotificationSchema },
  };
}
