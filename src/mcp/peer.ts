import type { Caller } from '../core/contract/caller.ts';
import type { Answers, QuestionKind, Questions } from '../core/contract/question.ts';
import { GatewayError } from '../core/errors.ts';
import { ExactNumber, toJsonText } from '../core/json/exact-number.ts';
import type { JsonObject, JsonValue } from '../core/json/json.ts';
import type { Logger } from '../core/log.ts';
import { passedMeta } from '../core/own-meta.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import { Call, type ClientLink } from '../gateway/call/call.ts';
import type { Semaphore } from '../gateway/call/semaphore.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { View } from '../gateway/view/view.ts';
import { ClientLog, type LogThreshold } from './methods/logging.ts';
import { PendingReplies, type PendingReply } from './pending-replies.ts';
import type { Era } from './wire/era.ts';
import { faultError, RpcError, showId, toRpcError } from './wire/errors.ts';
import type { Outlet } from './wire/outlet.ts';
import { errorText, type Fault, type Id, type Message, notificationText, RPC, replyText } from './wire/wire.ts';

/** A request of any era, as the methods see it. */
export interface Request {
  readonly params: JsonObject;
  readonly era: Era;
  readonly caller: Caller;
  /** What the client calls itself, where it does say. */
  readonly clientName?: string | undefined;
  /** The session that plugins see. */
  readonly session: string;
  /** What the caller sees now. */
  view(): View;
  /** The context that plugin code gets; made at most once. */
  call(): Call;
  /** The caller's fields of the audit line. */
  readonly audit: string;
  /** The semaphore of this client, if it can be told from others. */
  readonly clientSemaphore: Semaphore | undefined;
  /** Sends a notification ahead of the reply. */
  note(method: string, params: string): void;
  /** Makes this request a stream that stays open until `end` is called. */
  keepOpen(end: () => void): void;
}

/** A request that is also the way back to its client. */
export interface RequestLink extends Request, ClientLink {
  /** Makes a call end when this request is cancelled. */
  bind(call: Call): void;
}

/** What a method answers: a result as JSON. */
export type Reply = string | Buffer;

/** Answers one method, at once where it can. */
export type Handler = (request: Request) => Reply | Promise<Reply>;

/** Answers one method for a request of a peer. */
export type PeerHandler = (request: RequestLink) => Reply | Promise<Reply>;

/** What every peer shares. */
export interface PeerParts {
  readonly gateway: Gateway;
  readonly redactor: Redactor;
  readonly log: Logger;
}

/** Everything about one request but its parameters. */
export interface RequestSettings {
  readonly era: Era;
  /** Log lines from this level on go to the client; undefined: none. */
  readonly logFrom: LogThreshold;
  readonly audit: string;
  /** What the client calls itself. */
  readonly clientName: string;
  /** The session that plugins see. */
  readonly session: string;
  readonly clientSemaphore: Semaphore | undefined;
  /** What the client can be asked. */
  readonly answerableKinds: readonly QuestionKind[];
}

/** One connected client: what it is owed, and how a request of its becomes a reply. */
export abstract class Peer {
  readonly caller: Caller;
  readonly replies = new PendingReplies();
  /** In the modern era the HTTP status tells some errors; in the legacy era an answered request is always 200. */
  protected abstract readonly eraKind: Era['kind'];
  protected readonly parts: PeerParts;

  constructor(parts: PeerParts, caller: Caller) {
    this.parts = parts;
    this.caller = caller;
  }

  /** A text of a plugin as this client can see it: without secrets. */
  redact(text: string): string {
    return this.parts.redactor.text(text);
  }

  /** Takes one vetted message; what it answers goes to `outlet`. */
  abstract receive(message: Message, outlet: Outlet): void;

  /** Asks the client something on behalf of a call. */
  abstract ask(questions: Questions, call: Call, outlet: Outlet): Promise<Answers>;

  /** Answers a message that could not be used. */
  refuse(fault: Fault, outlet: Outlet): void {
    const { number, message, data, status } = faultError(fault);
    // An id gets one reply, and a call under way owes this one its own.
    const id = this.replies.has(fault.id) ? null : fault.id;
    outlet.write({
      bytes: errorText(id, number, message, data),
      last: true,
      status,
    });
  }

  /** `notifications/cancelled`: ends the call it names, if that is still under way. */
  protected cancel({ requestId, reason }: JsonObject): void {
    if (!isName(requestId)) return;
    this.replies.cancel(requestId, typeof reason === 'string' ? reason.slice(0, 200) : 'no reason given');
  }

  /** Runs a method for a request and pays its reply. */
  protected serve(
    message: Message & { kind: 'request' },
    outlet: Outlet,
    handler: PeerHandler | undefined,
    settings: RequestSettings,
  ): void {
    const pending = this.replies.add(message.id, outlet);
    if (!pending) {
      const error = new GatewayError('DUPLICATE_ID', `The id ${showId(message.id)} still waits for its reply.`);
      outlet.write({
        bytes: errorText(null, RPC.request, error.message, error.toObject()),
        last: true,
        status: 400,
      });
      return;
    }
    if (!handler) return this.fail(pending, unknownMethod(message.method));
    let reply: Reply | Promise<Reply>;
    try {
      reply = handler(new PeerRequest(this.parts.gateway, this, pending, message.params, settings));
    } catch (error) {
      return this.fail(pending, error);
    }
    if (typeof reply === 'string' || Buffer.isBuffer(reply)) return this.pay(pending, reply);
    reply.then(
      (value) => this.pay(pending, value),
      (error) => this.fail(pending, error),
    );
  }

  protected pay(pending: PendingReply, result: Reply): void {
    this.replies.send(pending, { bytes: replyText(pending.id, result), last: true });
  }

  protected fail(pending: PendingReply, thrown: unknown): void {
    const { number, message, data, status } = toRpcError(thrown, this.parts.redactor, this.parts.log, this.eraKind);
    const frame = { bytes: errorText(pending.id, number, message, data), last: true };
    this.replies.send(pending, this.eraKind === 'modern' ? { ...frame, status } : frame);
  }

  /** Its calls are ended, and answered; whatever they asked the client is given up. */
  interrupt(reason: string): void {
    this.replies.interrupt(reason);
  }

  /** Its caller may not call any more: what it is owed, all of it or the replies to some ids, is an error, and at once. */
  revoke(error: GatewayError, ids?: readonly Id[]): void {
    for (const pending of this.replies.list(ids)) {
      pending.call?.abort(new GatewayError('CALL_CANCELLED', error.message));
      this.fail(pending, error);
    }
  }

  /** The client has gone: its calls end. */
  close(reason: string): void {
    this.replies.forget(reason);
  }
}

/** The answer to a method that does not exist. */
export function unknownMethod(method: string): RpcError {
  const error = new GatewayError('METHOD_NOT_FOUND', `Unknown method: ${method.slice(0, 128)}`);
  return new RpcError(RPC.method, error.message, error.toObject(), 404);
}

// What a client names a request or its progress by.
function isName(value: JsonValue | undefined): value is Id {
  return typeof value === 'string' || typeof value === 'number' || value instanceof ExactNumber;
}

class PeerRequest implements RequestLink {
  readonly params: JsonObject;
  readonly #gateway: Gateway;
  readonly #peer: Peer;
  readonly #pending: PendingReply;
  readonly #settings: RequestSettings;

  constructor(gateway: Gateway, peer: Peer, pending: PendingReply, params: JsonObject, settings: RequestSettings) {
    this.params = params;
    this.#gateway = gateway;
    this.#peer = peer;
    this.#pending = pending;
    this.#settings = settings;
  }

  get era(): Era {
    return this.#settings.era;
  }

  get client(): object {
    return this.#peer;
  }

  get caller(): Caller {
    return this.#peer.caller;
  }

  get audit(): string {
    return this.#settings.audit;
  }

  get clientName(): string {
    return this.#settings.clientName;
  }

  get session(): string {
    return this.#settings.session;
  }

  get clientSemaphore(): Semaphore | undefined {
    return this.#settings.clientSemaphore;
  }

  get meta(): JsonObject | undefined {
    return passedMeta(this.params._meta);
  }

  get answerableKinds(): readonly QuestionKind[] {
    return this.#settings.answerableKinds;
  }

  get log(): Logger {
    return new ClientLog(
      this.#settings.logFrom,
      (params) => this.note('notifications/message', params),
      (text) => this.#peer.redact(text),
    );
  }

  get progress(): ClientLink['progress'] {
    const token = (this.params._meta as JsonObject | undefined)?.progressToken;
    if (!isName(token)) return undefined;
    return (progress, total, message) =>
      this.note(
        'notifications/progress',
        toJsonText({ progressToken: token, progress, total, message: message && this.#peer.redact(message) }),
      );
  }

  view(): View {
    return this.#gateway.view(this.#peer.caller, this.session);
  }

  call(): Call {
    this.#pending.call ??= new Call(this.#peer.caller, this);
    return this.#pending.call;
  }

  bind(call: Call): void {
    this.#pending.call = call;
  }

  ask(questions: Questions, call: Call): Promise<Answers> {
    return this.#peer.ask(questions, call, this.#pending.outlet);
  }

  detach(): void {
    this.#pending.outlet.detach?.();
  }

  note(method: string, params: string): void {
    this.#peer.replies.note(this.#pending, notificationText(method, params));
  }

  keepOpen(end: () => void): void {
    this.#pending.end = end;
  }
}
