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
import { isPassing, isStream, keepStandalone, type StandaloneStream } from './standalone-stream.ts';

// The SDK's HTTP transports validate messages against schemas that lack newer fields, do not identify the call behind a
// server request, and drop what does not match. So this module reads the messages first and passes on only those for the SDK.

/** Receives the messages of a connection. */
export interface MessageSink {
  /** Handles a message. `request`: id of the request on whose stream it arrived, if known. Returns the rest, for the SDK. */
  take(message: unknown, request: number | undefined): unknown;
  /** A message is invalid. `head` and `tail` are its ends. */
  lost(error: GatewayError, head: string, tail: string, request: number | undefined): void;
  /** All messages of a JSON response have been handled. */
  answered(request: number): void;
  /** The stream of a request ended and can be resumed. */
  ended(request: number): void;
  /** The server no longer knows the session. */
  forgotten?(): void;
}

/** Options of a reading fetch. */
export interface ReadingOptions {
  readonly send?: typeof fetch;
  /** Keeps the standalone GET stream of Streamable HTTP open. */
  readonly standalone?: boolean;
}

/** A response, and the function to call when its body has been read. */
interface Answered {
  readonly response: Response;
  readonly release: () => void;
}

const OWN_REQUEST = /^\{"jsonrpc":"2\.0","id":(\d+),/;
const ENDS = 256;
const REFUSAL_BYTES = 64 * 1024;
const MAX_EVENT_ID_LENGTH = 1_024;
const EVENT_ID = /^[\x21-\x7e]+$/;
// Bounds of the `retry` delay that a server may request.
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/** A fetch that limits response sizes and passes messages to the sink first. */
export function createReadingFetch(
  limit: number,
  sink: MessageSink,
  { send = fetch, standalone = false }: ReadingOptions = {},
): typeof fetch {
  let kept: StandaloneStream | undefined;
  /** Sends a request with its own signal. The caller releases it after reading the response. */
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
  // A GET with the event id of a request's stream resumes that request; any other GET is the standalone stream.
  const isStandalone = (init: RequestInit | undefined): boolean => {
    if (!standalone || init?.method !== 'GET') return false;
    const after = new Headers(init.headers).get('last-event-id');
    return after === null || after === kept?.after();
  };
  const openStandalone = (input: Parameters<typeof fetch>[0], init: RequestInit, first: Answered | undefined): Response => {
    // Only one connection is open at a time.
    let release = first?.release;
    kept = keepStandalone(first?.response, {
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

  // Limits a response and passes its messages to the sink first.
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
    if (init && isStandalone(init)) {
      const first = await request(input, init).catch((error) => {
        if (init.signal?.aborted) throw error;
        return undefined;
      });
      if (first && isStream(first.response)) return openStandalone(input, init, first);
      if (first && !first.response.ok && !isPassing(first.response)) return bounded(first, init);
      first?.release();
      await first?.response.body?.cancel();
      // Any other successful response means that there is no such stream.
      return first?.response.ok ? new Response(null, { status: 405 }) : openStandalone(input, init, undefined);
    }
    let answered: Answered;
    try {
      answered = await request(input, init);
    } catch (error) {
      // If fetch cannot build a request, its TypeError has no cause. Errors of a request in flight have one.
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
    // The SDK handles invalid responses to its own requests.
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
      // The answer may arrive after the stream is resumed.
      if (!resumable) for (const message of handshake?.missing ?? []) out.enqueue(Buffer.from(`data: ${JSON.stringify(message)}\n\n`));
      if (request !== undefined && resumable) sink.ended(request);
    },
  });
}

/** Data of the events that the SDK gets instead of this one. */
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

// The SDK resumes a stream that ended without a response, so it gets an empty one.
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
  // The SDK sends the id back and waits for the retry delay, so both are checked.
  if (id !== undefined && id.length <= MAX_EVENT_ID_LENGTH && EVENT_ID.test(id)) head.push(`id: ${id}`);
  if (retry !== undefined && /^\d+$/.test(retry)) head.push(`retry: ${Math.min(Math.max(Number(retry), MIN_RETRY_MS), MAX_RETRY_MS)}`);
  if (data.length === 0) return head.length === 0 ? [] : [`${head.join('\n')}\n\n`];
  const name = event === undefined ? [] : [`event: ${event}`];
  return data.flatMap((text) => {
    // Events without data may still carry an id or a retry delay.
    if (text === '' && head.length === 0) return [];
    return [[...head, ...name, ...text.split('\n').map((line) => `data: ${line}`), '', ''].join('\n')];
  });
}
