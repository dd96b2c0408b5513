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
import type { ClientAbout, ClientNotes } from './clients/client-state.ts';
import { ClientLog } from './methods/logging.ts';
import { PendingReplies, type PendingReply } from './pending-replies.ts';
import type { PeerHandler, Reply, RequestLink, RequestSettings } from './request.ts';
import type { Era } from './wire/era.ts';
import { faultError, RpcError, showId, toRpcError } from './wire/errors.ts';
import type { Frame, Outlet } from './wire/outlet.ts';
import { errorText, type Fault, type Id, type Message, notificationText, RPC, replyText } from './wire/wire.ts';

/** The dependencies of every peer. */
export interface PeerParts {
  readonly gateway: Gateway;
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly clients: ClientNotes;
}

/** One connected client: runs its requests and tracks the pending replies. */
export abstract class Peer {
  /** Of its latest message: a client may log in anew during a session. */
  caller: Caller;
  readonly replies = new PendingReplies();
  /** The time of its last call; 0 before the first one. */
  lastCall = 0;
  /** In the modern era some errors have an HTTP status; in the legacy era every reply has 200. */
  protected abstract readonly eraKind: Era['kind'];
  protected readonly parts: PeerParts;

  constructor(parts: PeerParts, caller: Caller) {
    this.parts = parts;
    this.caller = caller;
  }

  /** Removes secrets from a text of a plugin. */
  redact(text: string): string {
    return this.parts.redactor.text(text);
  }

  /** Notes what a request tells about its client. */
  met(about: ClientAbout, listed: boolean): void {
    this.parts.clients.met(this, about, listed);
  }

  /** Handles one valid message; replies go to `outlet`. */
  abstract receive(message: Message, outlet: Outlet): void;

  /** Sends questions to the client on behalf of a call. */
  abstract ask(questions: Questions, call: Call, outlet: Outlet): Promise<Answers>;

  /** Answers an invalid message with an error. */
  refuse(fault: Fault, outlet: Outlet): void {
    const { number, message, data, status } = faultError(fault);
    // A pending request with this id still gets its own reply, and an id must get only one.
    const id = this.replies.has(fault.id) ? null : fault.id;
    outlet.write({
      bytes: errorText(id, number, message, data),
      last: true,
      status,
    });
  }

  /** `notifications/cancelled`: cancels the named call if it is still running. */
  protected cancel({ requestId, reason }: JsonObject): void {
    if (!isToken(requestId)) return;
    this.replies.cancel(requestId, typeof reason === 'string' ? reason.slice(0, 200) : 'no reason given');
  }

  /** Runs a method for a request and sends its reply. */
  protected serve(
    message: Message & { kind: 'request' },
    outlet: Outlet,
    handler: PeerHandler | undefined,
    settings: RequestSettings,
  ): void {
    const pending = this.replies.add(message.id, outlet);
    if (!pending) {
      const error = new GatewayError('DUPLICATE_ID', `The id ${showId(message.id)} belongs to a request that has no reply yet.`);
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
    if (typeof reply === 'string' || Buffer.isBuffer(reply)) return this.reply(pending, reply);
    reply.then(
      (value) => this.reply(pending, value),
      (error) => this.fail(pending, error),
    );
  }

  protected reply(pending: PendingReply, result: Reply): void {
    this.replies.send(pending, { bytes: replyText(pending.id, result), last: true });
  }

  protected fail(pending: PendingReply, thrown: unknown): void {
    const { number, message, data, status } = toRpcError(thrown, this.parts.redactor, this.parts.log, this.eraKind);
    const frame = { bytes: errorText(pending.id, number, message, data), last: true };
    // A refusal that the client can act on has its status in both eras.
    if (status === 403 || status === 429) return this.replies.send(pending, { ...frame, status, ...refusalOf(thrown, pending) });
    this.replies.send(pending, this.eraKind === 'modern' ? { ...frame, status } : frame);
  }

  /** Cancels all calls; each gets a reply. Open questions to the client are abandoned. */
  interrupt(reason: string): void {
    this.replies.interrupt(reason);
  }

  /** The caller lost its access: answers all pending requests, or those with some ids, with the error at once. */
  revoke(error: GatewayError, ids?: readonly Id[]): void {
    for (const pending of this.replies.list(ids)) {
      pending.call?.abort(new GatewayError('CALL_CANCELLED', error.message));
      this.fail(pending, error);
    }
  }

  /** The client disconnected: cancels its calls. */
  close(reason: string): void {
    this.replies.forget(reason);
  }
}

function refusalOf(thrown: unknown, { call }: PendingReply): Partial<Frame> {
  const { scopes, retryAfterMs } = thrown instanceof GatewayError ? thrown.details : {};
  const challenge = scopes && call && ({ error: 'insufficient_scope', scopes, principal: call.caller.principal } as const);
  return { ...(challenge && { challenge }), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** The error for a method that does not exist. */
export function unknownMethod(method: string): RpcError {
  const error = new GatewayError('METHOD_NOT_FOUND', `Unknown method: ${method.slice(0, 128)}`);
  return new RpcError(RPC.method, error.message, error.toObject(), 404);
}

// Whether a value is valid as a request id or progress token.
function isToken(value: JsonValue | undefined): value is Id {
  return typeof value === 'string' || typeof value === 'number' || value instanceof ExactNumber;
}

class PeerRequest implements RequestLink {
  readonly params: JsonObject;
  readonly caller: Caller;
  readonly #gateway: Gateway;
  readonly #peer: Peer;
  readonly #pending: PendingReply;
  readonly #settings: RequestSettings;

  constructor(gateway: Gateway, peer: Peer, pending: PendingReply, params: JsonObject, settings: RequestSettings) {
    this.params = params;
    this.caller = peer.caller;
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

  get audit(): string {
    return this.#settings.audit;
  }

  get id(): string {
    return showId(this.#pending.id);
  }

  get hasStatus(): boolean {
    return this.#pending.outlet.hasStatus === true;
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
    if (!isToken(token)) return undefined;
    return (progress, total, message) =>
      this.note(
        'notifications/progress',
        toJsonText({ progressToken: token, progress, total, message: message && this.#peer.redact(message) }),
      );
  }

  view(): View {
    return this.#gateway.view(this.caller, this.session);
  }

  call(): Call {
    this.#pending.call ??= new Call(this.caller, this);
    return this.#pending.call;
  }

  bind(call: Call): void {
    this.#pending.call = call;
  }

  ask(questions: Questions, call: Call): Promise<Answers> {
    return this.#peer.ask(questions, call, this.#pending.outlet);
  }

  get waitMs(): number | undefined {
    return this.#settings.waitMs;
  }

  onGone(listener: () => void): void {
    this.#pending.outlet.onLost?.(listener);
  }

  detach(): void {
    this.#pending.outlet.detach?.();
  }

  ended(time: number): void {
    this.#peer.lastCall = time;
  }

  met(listed: boolean): void {
    this.#peer.met(this.#settings, listed);
  }

  note(method: string, params: string): void {
    this.#peer.replies.note(this.#pending, notificationText(method, params));
  }

  keepOpen(end: () => void): void {
    this.#pending.end = end;
  }
}
