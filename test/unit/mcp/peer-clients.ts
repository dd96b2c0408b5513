import { localCaller } from '../../../src/core/contract/caller.ts';
import type { Connection } from '../../../src/mcp/connection.ts';
import type { Engine } from '../../../src/mcp/engine.ts';
import type { Frame, HeaderView, Outlet } from '../../../src/mcp/wire/outlet.ts';

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
const ENVELOPE = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} };

/** The ways in which a client can be connected to the engine. */
export type Kind = 'connection' | 'modern connection' | 'session' | 'modern requests';

/** Where a request's reply can still arrive: the connection, its own response, or a stream that was resumed. */
export interface Arrival {
  readonly place: string;
  readonly text: string;
}

interface Place {
  gone: () => void;
  lastEvent: string | undefined;
}

/** One client of the engine, and the messages that have reached it since the last `take`. */
export class EngineClient {
  readonly kind: Kind;
  readonly #engine: Engine;
  readonly #places = new Map<string, Place>();
  #connection: Connection | undefined;
  #headers: HeaderView = {};
  #arrived: Arrival[] = [];
  #last = 0;

  constructor(engine: Engine, kind: Kind) {
    this.#engine = engine;
    this.kind = kind;
  }

  get modern(): boolean {
    return this.kind.startsWith('modern');
  }

  get connected(): boolean {
    return this.kind === 'modern requests' || this.#connection !== undefined || this.#headers['mcp-session-id'] !== undefined;
  }

  connect(): void {
    if (this.kind.endsWith('connection')) {
      this.#connection = this.#engine.connect(localCaller(), 'test', this.#outlet('connection'), () => undefined);
    }
    if (this.modern) return;
    const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 't', version: '1' } };
    this.send({ id: 'handshake', method: 'initialize', params });
    this.take();
  }

  /** Sends a message; returns the place where its reply will arrive. */
  send(message: { id?: unknown; method: string; params: Record<string, unknown> }): string {
    const { method, params } = message;
    const full = this.modern ? { ...params, _meta: { ...(params._meta as object), ...ENVELOPE } } : params;
    const incoming = this.#engine.read(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message, params: full })));
    if (this.#connection) {
      this.#connection.receive(incoming);
      return 'connection';
    }
    const place = `response ${++this.#last}`;
    const outlet = this.#outlet(place);
    const modern = { 'mcp-protocol-version': MODERN, 'mcp-method': method, 'mcp-name': params.name as string };
    this.#place(place).gone = this.#engine.streamable.post(incoming, this.modern ? modern : this.#headers, localCaller(), outlet).gone;
    return place;
  }

  /** Cuts the connection under one response. Returns the event id to resume with, if the stream had begun. */
  cut(place: string): string | undefined {
    const { gone, lastEvent } = this.#place(place);
    gone();
    return lastEvent;
  }

  /** Resumes a cut stream. */
  resume(lastEvent: string): string {
    const place = `resumed ${++this.#last}`;
    const headers = { ...this.#headers, 'last-event-id': lastEvent };
    this.#place(place).lastEvent = lastEvent;
    this.#place(place).gone = this.#engine.streamable.open(headers, localCaller(), this.#outlet(place));
    return place;
  }

  /** Closes the connection, or ends the session. */
  disconnect(): void {
    this.#connection?.close('the client disconnected');
    this.#connection = undefined;
    if (this.#headers['mcp-session-id'] !== undefined) this.#engine.streamable.end(this.#headers, localCaller(), this.#outlet('end'));
    this.#headers = {};
  }

  interrupt(): void {
    this.#connection?.interrupt('enough');
  }

  /** Pending replies of a connection. */
  pending(): number {
    return this.#connection?.pendingCount() ?? 0;
  }

  /** Returns and clears the messages that have arrived. */
  take(): Arrival[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    return arrived;
  }

  #place(name: string): Place {
    const known: Place = this.#places.get(name) ?? { gone: () => undefined, lastEvent: undefined };
    this.#places.set(name, known);
    return known;
  }

  #outlet(name: string): Outlet {
    return {
      write: (frame: Frame) => {
        const place = this.#place(name);
        if (frame.sessionId !== undefined) this.#headers = { 'mcp-session-id': frame.sessionId, 'mcp-protocol-version': LEGACY };
        if (frame.event) place.lastEvent = frame.event.id;
        if (frame.bytes === undefined || frame.bytes.length === 0) return;
        const message = JSON.parse(String(frame.bytes)) as Reply;
        this.#arrived.push({ place: name, text: textOf(message) });
      },
    };
  }
}

interface Reply {
  readonly id?: unknown;
  readonly params?: { readonly progress: number };
  readonly result?: { readonly content?: { text: string }[]; readonly _meta?: Record<string, { code: string }> };
  readonly error?: { readonly data: { readonly code: string } };
}

// Summarizes a message: its id and token or code, or the progress of a call.
function textOf({ id, params, result, error }: Reply): string {
  if (params) return `progress ${params.progress}`;
  return `${JSON.stringify(id)} ${error?.data.code ?? result?._meta?.['plugmux/error']?.code ?? result?.content?.[0]?.text}`;
}
