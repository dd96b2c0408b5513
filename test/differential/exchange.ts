import { request } from 'node:http';

/** One message for both servers, as an HTTP request; `$session` stands for the session id that each has issued. */
export interface Exchange {
  readonly name: string;
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The test concerns its headers, so it is skipped on transports without headers. */
  readonly edge?: boolean;
}

/** A server under comparison. */
export interface Player {
  play(exchange: Exchange): Promise<Answer>;
}

const PATIENCE_MS = 3_000;

/** The reply of a server, reduced to the parts that a client can distinguish. */
export interface Answer {
  readonly status: number;
  readonly kind: string;
  /** Whether the reply opened a session. */
  readonly opened: boolean;
  readonly messages: readonly unknown[];
}

/** A server on Streamable HTTP, with the session it has opened. */
export class HttpPlayer implements Player {
  readonly #url: URL;
  #session = '';
  #state = '';

  constructor(url: string) {
    this.#url = new URL(url);
  }

  play({ method, headers, body }: Exchange): Promise<Answer> {
    const fill = (text: string): string => text.replaceAll('$session', this.#session).replaceAll('$state', this.#state);
    const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]));
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, { method, headers: filled }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          const { 'mcp-session-id': session, 'content-type': type = 'none' } = response.headers;
          if (typeof session === 'string' && filled['mcp-session-id'] === undefined) this.#session = session;
          const kind = type.split(';')[0] as string;
          const messages = messagesIn(kind, text);
          this.#state = stateIn(messages) ?? this.#state;
          const opened = typeof session === 'string' && filled['mcp-session-id'] === undefined;
          resolve({ status: response.statusCode ?? 0, kind, opened, messages: messages.map(steady) });
        });
      });
      sent.on('error', reject);
      sent.setTimeout(PATIENCE_MS, () => {
        sent.destroy();
        resolve({ status: 0, kind: 'no answer', opened: false, messages: [] });
      });
      sent.end(fill(body));
    });
  }
}

function messagesIn(kind: string, text: string): unknown[] {
  if (kind === 'text/event-stream')
    return text
      .split('\n')
      .filter((line) => line.startsWith('data:') && line.slice(5).trim() !== '')
      .map((line) => JSON.parse(line.slice(5)) as unknown);
  return text === '' ? [] : [kind === 'application/json' ? (JSON.parse(text) as unknown) : text];
}

/** The requestState that a server expects with the answers to its questions. */
export function stateIn(messages: readonly unknown[]): string | undefined {
  for (const message of messages) {
    const { result } = (message ?? {}) as { result?: { requestState?: string } };
    if (typeof result?.requestState === 'string') return result.requestState;
  }
  return undefined;
}

/** A message without its opaque and random parts. */
export function steady(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message), (key, value: unknown) => (key === 'requestState' ? '(a state)' : value));
}

/** One path at which two replies differ. */
export interface Difference {
  readonly path: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** Every place where two values differ, by the path to it. */
export function differences(theirs: unknown, ours: unknown, path = ''): Difference[] {
  if (Object.is(theirs, ours)) return [];
  if (!isContainer(theirs) || !isContainer(ours) || Array.isArray(theirs) !== Array.isArray(ours)) return [{ path, theirs, ours }];
  const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return [...keys].flatMap((key) => differences(theirs[key], ours[key], path === '' ? key : `${path}.${key}`));
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
