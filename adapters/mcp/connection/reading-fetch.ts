import type { GatewayError } from '../../../src/core/errors.ts';
import { unmark } from '../../../src/core/json/exact-number.ts';
import { toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { VastError } from '../../../src/core/json/vast.ts';
import { wellFormedJson } from '../../../src/core/text/well-formed.ts';
import { toFetchFault } from '../../../src/host/network/unreachable.ts';
import { parseMessage } from '../lists/nulls.ts';
import { EventReader, type ServerEvent } from './event-reader.ts';
import { notSent } from './failures.ts';
import { Handshake } from './handshake.ts';
import { FIRST_ID, tooLarge, unreadable } from './messages.ts';
import { followSignal } from './own-signal.ts';
import { isPassing, isStream, keepStanding, type Standing } from './standing.ts';

// The SDK's HTTP transports check messages against schemas that know neither later fields nor whose call a question on a
// stream belongs to, and drop what does not fit. So messages are read here, and the SDK gets what is its own.

/** Where the messages of a connection go. */
export interface MessageSink {
  /** Takes a message that came on the stream of a request, where that is known. Returns what is left for the SDK. */
  take(message: unknown, request: number | undefined): unknown;
  /** A message cannot be read; `head` and `tail` are its ends. */
  lost(error: GatewayError, head: string, tail: string, request: number | undefined): void;
  /** All of a JSON answer has been taken. */
  answered(request: number): void;
  /** The stream of a request has ended, and can be opened again. */
  ended(request: number): void;
  /** The server does not know the session any more. */
  forgotten?(): void;
}

/** How a reading fetch goes out, and what it keeps. */
export interface ReadingOptions {
  readonly send?: typeof fetch;
  /** Keeps the standing stream of Streamable HTTP open. */
  readonly standing?: boolean;
}

/** An answer, and what is to be called when it has been read. */
interface Answered {
  readonly response: Response;
  readonly release: () => void;
}

const OWN_REQUEST = /^\{"jsonrpc":"2\.0","id":(\d+),/;
const ENDS = 256;
const REFUSAL_BYTES = 64 * 1024;
const MAX_EVENT_ID_LENGTH = 1_024;
const EVENT_ID = /^[\x21-\x7e]+$/;
// How long a server may make its clients wait before they open a stream again.
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/** A fetch whose answers are bounded in size, and whose messages go to the sink first. */
export function createReadingFetch(
  limit: number,
  sink: MessageSink,
  { send = fetch, standing = false }: ReadingOptions = {},
): typeof fetch {
  let kept: Standing | undefined;
  /** Sends a request under its own signal. The reader of the answer releases it. */
  const request = async (input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Answered> => {
    const { signal, release } = followSignal(init?.signal);
    try {
      const response = await send(input, signal ? { ...init, signal } : init);
      if (!response.body) release();
      return { response, release };
    } catch (error) {
      release();
      throw error;
    }
  };
  // The stream of a request is opened again only where an event of its own has told how.
  const isStanding = (init: RequestInit | undefined): boolean => {
    if (!standing || init?.method !== 'GET') return false;
    const after = new Headers(init.headers).get('last-event-id');
    return after === null || after === kept?.after();
  };
  const stand = (input: Parameters<typeof fetch>[0], init: RequestInit, first: Answered | undefined): Response => {
    // One connection at a time.
    let release = first?.release;
    kept = keepStanding(first?.response, {
      open: async (after) => {
        const headers = new Headers(init.headers);
        if (after !== undefined) headers.set('last-event-id', after);
        const answered = await request(input, { ...init, headers });
        const { response } = answered;
        release = answered.release;
        if (response.status === 404 && headers.has('mcp-session-id')) sink.forgotten?.();
        return response;
      },
      read: (noted) => readEvents(undefined, limit, sink, { noted }),
      ended: () => release?.(),
      signal: init.signal ?? undefined,
    });
    return new Response(kept.body, { headers: { 'content-type': 'text/event-stream' } });
  };

  // The answer of a request, cut at the limits, its messages handed to the sink first.
  const bounded = async ({ response, release }: Answered, init: RequestInit | undefined): Promise<Response> => {
    if (!response.body) return response;
    const { status, statusText, headers } = response;
    const answer = (body: ReadableStream<Uint8Array> | string): Response => new Response(body, { status, statusText, headers });
    const through = (transform: TransformStream<Uint8Array, Uint8Array>): Response => {
      response.body?.pipeTo(transform.writable).then(release, release);
      return answer(transform.readable);
    };
    if (!response.ok) return through(cutAt(REFUSAL_BYTES));
    const own = requestOf(init?.body);
    const handshake = own === undefined && typeof init?.body === 'string' ? Handshake.of(init.body) : undefined;
    switch (typeOf(response)) {
      case 'text/event-stream':
        return through(readEvents(own, limit, sink, { handshake }));
      case 'application/json':
        return answer(readJson(await readAll(response.body, limit).finally(release), own, sink, handshake));
      default:
        return through(cutAt(limit));
    }
  };

  return async (input, given) => {
    const init = typeof given?.body === 'string' ? { ...given, body: unmark(wellFormedJson(given.body)) } : given;
    if (init && isStanding(init)) {
      const first = await request(input, init).catch((error) => {
        if (init.signal?.aborted) throw error;
        return undefined;
      });
      if (first && isStream(first.response)) return stand(input, init, first);
      if (first && !first.response.ok && !isPassing(first.response)) return bounded(first, init);
      first?.release();
      await first?.response.body?.cancel();
      // Whatever else a server shows there is no stream.
      return first?.response.ok ? new Response(null, { status: 405 }) : stand(input, init, undefined);
    }
    let answered: Answered;
    try {
      answered = await request(input, init);
    } catch (error) {
      // What fetch says of a request that it cannot send has no cause; what becomes of one on its way has.
      throw error instanceof TypeError && error.cause === undefined ? notSent(error) : toFetchFault(error);
    }
    return bounded(answered, init);
  };
}

function requestOf(body: unknown): number | undefined {
  const id = typeof body === 'string' ? Number(OWN_REQUEST.exec(body)?.[1]) : 0;
  return id > FIRST_ID ? id : undefined;
}

function typeOf({ headers }: Response): string | undefined {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
}

function cutAt(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.length;
      if (seen > limit) controller.terminate();
      else controller.enqueue(chunk);
    },
  });
}

async function readAll(body: ReadableStream<Uint8Array>, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function readJson(text: string, request: number | undefined, sink: MessageSink, handshake: Handshake | undefined): string {
  let messages: unknown;
  try {
    messages = parseMessage(text);
  } catch (error) {
    if (request !== undefined || error instanceof VastError) throw unreadable(error);
    // What the SDK asked, it judges itself.
    return text;
  }
  const left = (Array.isArray(messages) ? messages : [messages]).flatMap((message) => sink.take(message, request) ?? []);
  if (request !== undefined) sink.answered(request);
  for (const message of left) handshake?.note(message);
  return JSON.stringify([...left, ...(handshake?.missing ?? [])]);
}

function readEvents(
  request: number | undefined,
  limit: number,
  sink: MessageSink,
  { noted, handshake }: { readonly noted?: (event: ServerEvent) => void; readonly handshake?: Handshake | undefined } = {},
): TransformStream<Uint8Array, Uint8Array> {
  let reader: EventReader;
  let resumable = false;
  return new TransformStream({
    start(out) {
      const send = (text: string): void => out.enqueue(Buffer.from(text));
      reader = new EventReader(limit, {
        event(event) {
          resumable ||= event.id !== undefined && event.id !== '';
          noted?.(event);
          for (const text of write(event, readEvent(event, request, sink, handshake))) send(text);
        },
        tooLong() {
          if (request === undefined) return;
          sink.lost(tooLarge(limit), '', '', request);
          send(`data: ${JSON.stringify(answered(request))}\n\n`);
          out.terminate();
        },
        skipped: (head, tail) => sink.lost(tooLarge(limit), head, tail, request),
      });
    },
    transform: (chunk) => reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    flush(out) {
      // A stream that can be opened again may bring the answer then.
      if (!resumable) for (const message of handshake?.missing ?? []) out.enqueue(Buffer.from(`data: ${JSON.stringify(message)}\n\n`));
      if (request !== undefined && resumable) sink.ended(request);
    },
  });
}

/** What the SDK gets instead of an event's data. */
function readEvent(
  { data, event }: ServerEvent,
  request: number | undefined,
  sink: MessageSink,
  handshake: Handshake | undefined,
): readonly string[] {
  if (data === undefined) return [];
  if (data === '' || !(event === undefined || event === '' || event === 'message')) return [data];
  let parsed: unknown;
  try {
    parsed = parseMessage(data);
  } catch (error) {
    sink.lost(unreadable(error), data.slice(0, ENDS), data.slice(-ENDS), undefined);
    return [''];
  }
  const messages: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const left = messages.flatMap((message) => sink.take(message, request) ?? (isAnswer(message) ? answered(message.id) : []));
  for (const message of left) handshake?.note(message);
  return left.length === 0 ? [''] : left.map((message) => JSON.stringify(message));
}

// The SDK opens a stream again that has ended without an answer, so it sees that there was one.
function answered(id: JsonValue | undefined): JsonObject {
  return { jsonrpc: '2.0', id: toDouble(id) as number, result: {} };
}

function isAnswer(message: unknown): message is JsonObject {
  if (!isJsonObject(message) || typeof message.method === 'string') return false;
  const id = toDouble(message.id);
  return typeof id === 'number' && id > FIRST_ID;
}

function write({ event, id, retry }: ServerEvent, data: readonly string[]): string[] {
  const head: string[] = [];
  // Both go into what the SDK sends or waits for next.
  if (id !== undefined && id.length <= MAX_EVENT_ID_LENGTH && EVENT_ID.test(id)) head.push(`id: ${id}`);
  if (retry !== undefined && /^\d+$/.test(retry)) head.push(`retry: ${Math.min(Math.max(Number(retry), MIN_RETRY_MS), MAX_RETRY_MS)}`);
  if (data.length === 0) return head.length === 0 ? [] : [`${head.join('\n')}\n\n`];
  const name = event === undefined ? [] : [`event: ${event}`];
  return data.flatMap((text) => {
    // An event without data may still say where and when the stream goes on.
    if (text === '' && head.length === 0) return [];
    return [[...head, ...name, ...text.split('\n').map((line) => `data: ${line}`), '', ''].join('\n')];
  });
}
