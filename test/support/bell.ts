import { BIN, type Serving, serve, writeConfig } from './gateway.ts';
import { META } from './modern.ts';
import { writePlugin } from './talos.ts';
import { tempFolder } from './temp.ts';

const RING = `
const emits = new Map();
const trigger = (id) => ({
  async subscribe(credentials, settings, send) {
    emits.set(id, send);
    return () => void emits.delete(id);
  },
  filter(event, config) {
    if (config.only === 'error') throw new Error('broken filter');
    return config.only === undefined || event.data.text === config.only;
  },
});
export const handlers = {
  ring: async ({ text, on = 'bell' }) => {
    const emit = emits.get(on);
    if (!emit) return { error: 'nobody listens' };
    emit({ toolId: 'old', triggerId: 'x:y', data: { text, n: 12345 }, summary: 'Rung: ' + text });
    return { rung: text };
  },
};
export const triggers = { bell: trigger('bell'), gong: trigger('gong') };
`;
const PARAMS = [
  { key: 'only', label: 'Only this text', type: 'text' },
  { key: 'cooldown_seconds', label: 'Pause', type: 'number' },
];
const MANIFEST = {
  functions: [
    {
      name: 'ring',
      description: 'Rings',
      parameters: { type: 'object', properties: { text: { type: 'string' }, on: { type: 'string' } } },
    },
  ],
  triggers: [
    { id: 'bell', label: 'Bell', description: 'Somebody rings', params: PARAMS },
    { id: 'gong', label: 'Gong' },
  ],
};

/** A gateway with a plugin `door` whose function `ring` makes its trigger `bell` or `gong` report an event. */
export async function serveBell(entry: object = {}, config: object = {}): Promise<Serving & { config: string }> {
  const dir = tempFolder();
  const path = writePlugin(dir, 'door', { 'index.ts': RING }, MANIFEST);
  const file = writeConfig({ plugins: { door: { path, ...entry } }, ...config }, [], dir);
  return { ...(await serve(file, { bin: BIN })), config: file };
}

/** A reply, or a notification on a stream. */
export interface WireMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, never> & Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

let last = 0;

/** Opens one request of revision 2026-07-28 without a client library; the messages arrive as they are sent. */
export async function* exchange(
  url: string,
  method: string,
  params: object = {},
  { signal, headers = {} }: { signal?: AbortSignal; headers?: Record<string, string> } = {},
): AsyncGenerator<WireMessage> {
  const response = await fetch(url, {
    method: 'POST',
    ...(signal ? { signal } : {}),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...('name' in params && method === 'tools/call' ? { 'mcp-name': String(params.name) } : {}),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: ++last, method, params: { ...params, _meta: META } }),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    yield (await response.json()) as WireMessage;
    return;
  }
  let text = '';
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = text
          .slice(0, end)
          .split('\n')
          .filter((line) => line.startsWith('data: '))
          .map((line) => line.slice(6))
          .join('');
        text = text.slice(end + 2);
        if (data !== '') yield JSON.parse(data) as WireMessage;
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

/** Sends one such request and returns the reply. */
export async function request(
  url: string,
  method: string,
  params: object = {},
  headers: Record<string, string> = {},
): Promise<WireMessage> {
  for await (const message of exchange(url, method, params, { headers })) if (message.id !== undefined) return message;
  throw new Error('no reply');
}

/** Rings the bell, which fails if its trigger does not run. Returns whether it runs. */
export async function ring(url: string, text: string, on = 'bell', headers: Record<string, string> = {}): Promise<boolean> {
  const { result } = await request(url, 'tools/call', { name: 'door_ring', arguments: { text, on } }, headers);
  return JSON.stringify(result).includes('rung');
}
