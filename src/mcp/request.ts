import type { Caller } from '../core/contract/caller.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { Call, ClientLink } from '../gateway/call/call.ts';
import type { Semaphore } from '../gateway/call/semaphore.ts';
import type { View } from '../gateway/view/view.ts';
import type { ClientAbout } from './clients/client-state.ts';
import type { LogThreshold } from './methods/logging.ts';
import type { Era } from './wire/era.ts';

/** A request of either era, as the methods see it. */
export interface Request {
  /** Its JSON-RPC id, as text. */
  readonly id: string;
  readonly params: JsonObject;
  readonly era: Era;
  readonly caller: Caller;
  /** The client's name from its clientInfo, if it sent one. */
  readonly clientName?: string | undefined;
  /** The session that plugins see. */
  readonly session: string;
  /** The caller's current view. */
  view(): View;
  /** The context for plugin code; created at most once. */
  call(): Call;
  /** The caller's fields of the audit line. */
  readonly audit: string;
  /** Whether its reply can still have an HTTP status. */
  readonly hasStatus: boolean;
  /** The semaphore of this client, if it can be distinguished from others. */
  readonly clientSemaphore: Semaphore | undefined;
  /** Notes that the client introduced itself, or fetched the list of tools. */
  met(listed: boolean): void;
  /** Sends a notification before the reply. */
  note(method: string, params: string): void;
  /** Makes this request a stream that stays open until `end` is called. */
  keepOpen(end: () => void): void;
}

/** A request that can also send to its client. */
export interface RequestLink extends Request, ClientLink {
  /** Makes a call end when this request is cancelled. */
  bind(call: Call): void;
}

/** The result of a method as JSON. */
export type Reply = string | Buffer;

/** Handles one method; synchronously if possible. */
export type Handler = (request: Request) => Reply | Promise<Reply>;

/** Handles one method for a request of a peer. */
export type PeerHandler = (request: RequestLink) => Reply | Promise<Reply>;

/** The settings of one request besides its parameters. */
export interface RequestSettings extends ClientAbout {
  /** The lowest level of log lines that the client receives; undefined: none. */
  readonly logFrom: LogThreshold;
  /** The session that plugins see. */
  readonly session: string;
  readonly clientSemaphore: Semaphore | undefined;
  /** How long the client waits for a person in the console, in ms; default: as long as the gateway does. */
  readonly waitMs?: number | undefined;
}
