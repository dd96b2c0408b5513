import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { wellFormedJson } from '../../src/core/well-formed.ts';

// On the older revisions a server asks its questions on the stream that will answer a request, and nothing but that
// stream says whose call it asks for. The SDK's transport joins all streams, so each question is marked before that.

const MARK = 'plugmux-asks-for';
const OWN_REQUEST = /^\{"jsonrpc":"2\.0","id":(\d+),/;

/** A question's own id, and the request on whose stream it came. */
export interface Marked {
  readonly id: string | number;
  readonly request: number;
}

/** What a marked id says; undefined for an id that has no mark. */
export function unmark(id: unknown): Marked | undefined {
  if (typeof id !== 'string' || !id.startsWith(`${MARK}:`)) return undefined;
  const [, request, ...rest] = id.split(':');
  return { request: Number(request), id: JSON.parse(rest.join(':')) as string | number };
}

/** The request on whose stream a notification came; undefined where it has no mark. */
export function requestOf({ _meta }: JsonObject): number | undefined {
  return isJsonObject(_meta) && typeof _meta[MARK] === 'number' ? _meta[MARK] : undefined;
}

/**
 * A fetch whose answers are bounded in size, and whose streams' questions and log lines name the request they belong to.
 * `ended` hears of a request whose stream has ended.
 */
export function createTaggingFetch(limit: number, ended: (request: number) => void = () => undefined): typeof fetch {
  return async (input, given) => {
    const init = typeof given?.body === 'string' ? { ...given, body: wellFormedJson(given.body) } : given;
    const response = await fetch(input, init);
    if (!response.ok || !response.body) return response;
    const request = typeof init?.body === 'string' ? OWN_REQUEST.exec(init.body)?.[1] : undefined;
    const streams = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    const body = response.body.pipeThrough(streams ? markLines(Number(request ?? 0), limit, ended) : bounded(limit));
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
  };
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('RESULT_TOO_LARGE', `The server sent a message of more than ${limit} bytes.`);
}

function bounded(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.length;
      if (seen > limit) controller.error(tooLarge(limit));
      else controller.enqueue(chunk);
    },
  });
}

function markLines(request: number, limit: number, ended: (request: number) => void): TransformStream<Uint8Array, Uint8Array> {
  let parts: Buffer[] = [];
  let held = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const end = bytes.lastIndexOf(10) + 1;
      if (end > 0) {
        const whole = Buffer.concat([...parts, bytes.subarray(0, end)]);
        controller.enqueue(request > 0 && whole.includes('"method"') ? markAll(whole, request) : whole);
        parts = [];
        held = 0;
      }
      if (end === bytes.length) return;
      held += bytes.length - end;
      if (held > limit) controller.error(tooLarge(limit));
      parts.push(bytes.subarray(end));
    },
    flush(controller) {
      if (held > 0) controller.enqueue(Buffer.concat(parts));
      if (request > 0) ended(request);
    },
  });
}

function markAll(text: Buffer, request: number): Buffer {
  return Buffer.from(
    text
      .toString()
      .split('\n')
      .map((line) => (line.startsWith('data:') ? markLine(line, request) : line))
      .join('\n'),
  );
}

function markLine(line: string, request: number): string {
  try {
    const message = JSON.parse(line.slice('data:'.length)) as JsonObject;
    if (typeof message.method !== 'string') return line;
    if (message.id !== undefined) message.id = `${MARK}:${request}:${JSON.stringify(message.id)}`;
    else if (message.method === 'notifications/message' && isJsonObject(message.params)) {
      message.params = {
        ...message.params,
        _meta: { ...(isJsonObject(message.params._meta) ? message.params._meta : {}), [MARK]: request },
      };
    }
    return `data: ${JSON.stringify(message)}`;
  } catch {
    return line;
  }
}
