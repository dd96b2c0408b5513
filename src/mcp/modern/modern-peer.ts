import type { Caller } from '../../core/contract/caller.ts';
import type { QuestionKind } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json/json.ts';
import { auditCaller } from '../../gateway/audit/audit-fields.ts';
import { createSemaphore, type Semaphore } from '../../gateway/call/semaphore.ts';
import { cacheHints } from '../methods/lists.ts';
import { type LogThreshold, toThreshold } from '../methods/logging.ts';
import type { Methods } from '../methods/methods.ts';
import { toAnswerableKinds } from '../methods/questions.ts';
import type { Subscriptions } from '../methods/subscriptions.ts';
import { Peer, type PeerParts } from '../peer.ts';
import type { Handler, PeerHandler, RequestLink, RequestSettings } from '../request.ts';
import { envelopeFault, envelopeRevision, envelopeValue, nameOf, versionOf } from '../wire/envelope.ts';
import { capabilities, type Era } from '../wire/era.ts';
import type { RpcError } from '../wire/errors.ts';
import { checkArguments, checkHeaders, checkVersion } from '../wire/modern-headers.ts';
import type { HeaderView, Outlet } from '../wire/outlet.ts';
import { toResult } from '../wire/results.ts';
import { MODERN } from '../wire/revisions.ts';
import type { Message } from '../wire/wire.ts';
import { type EventMethods, withEvents } from './event-methods.ts';
import type { SuspendedCalls } from './suspended-calls.ts';

/** Methods whose calls may request input from the client. */
const MULTI_ROUND: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

const ERA: Era = { kind: 'modern', revision: MODERN };

/** The dependencies of a modern peer. */
export interface ModernParts extends PeerParts {
  readonly subscriptions: Subscriptions;
  readonly suspendedCalls: SuspendedCalls;
  readonly events: EventMethods;
  /** Whether the gateway currently requires no token, so that all callers of a profile see the same lists. */
  shared(): boolean;
}

/** A client of the stateless era: one per request over HTTP, otherwise one per connection. Every request is independent. */
export class ModernPeer extends Peer {
  protected readonly eraKind = 'modern';
  readonly #methods: Methods;
  readonly #modern: ModernParts;
  readonly #settings: ConnectionSettings;
  #latest: RequestSettings | undefined;

  constructor(
    parts: ModernParts,
    methods: Methods,
    caller: Caller,
    transport: string,
    { callsPerClient, waitMs }: { readonly callsPerClient?: () => number; readonly waitMs?: number } = {},
  ) {
    super(parts, caller);
    this.#modern = parts;
    this.#methods = methods;
    this.#settings = {
      transport,
      // This era has no sessions, so plugins see one per profile and principal.
      session: `${caller.profile}:${caller.principal}`,
      clientSemaphore: callsPerClient === undefined ? undefined : createSemaphore(callsPerClient),
      waitMs,
    };
  }

  /** The caller's fields of the audit line of its latest request. */
  get audit(): string | undefined {
    return this.#latest?.audit;
  }

  receive(message: Message, outlet: Outlet, headers?: HeaderView): void {
    if (message.kind === 'request') {
      const logFrom = toThreshold(envelopeValue(message, 'logLevel'));
      const settings = new ModernSettings(this, message, logFrom, this.#settings);
      this.#latest = settings;
      this.serve(message, outlet, this.#handlerFor(message, outlet, headers), settings);
    } else if (message.kind === 'notification' && message.method === 'notifications/cancelled') {
      this.cancel(message.params);
    }
  }

  /** In this era a call asks by ending its request with questions. Only methods that cannot do that get here. */
  async ask(): Promise<never> {
    throw new GatewayError('ASK_FAILED', 'This method cannot ask the client for input.');
  }

  #handlerFor(message: Message & { kind: 'request' }, outlet: Outlet, headers: HeaderView | undefined): PeerHandler | undefined {
    const fault = this.#faultOf(message, headers);
    if (fault) {
      return () => {
        throw fault;
      };
    }
    if (MULTI_ROUND.has(message.method)) {
      const handler = this.#methods.get(message.method) as Handler;
      return (request) => this.#modern.suspendedCalls.run(message.method, request, handler);
    }
    if (message.method === 'server/discover') return (request) => this.#discover(request);
    if (message.method === 'subscriptions/listen') return (request) => this.#modern.subscriptions.listen(message.id, request, outlet);
    return this.#methods.get(message.method) ?? this.#modern.events.handler(message, outlet);
  }

  #faultOf(message: Message & { kind: 'request' }, headers: HeaderView | undefined): RpcError | undefined {
    const version = envelopeRevision(message);
    if (typeof version !== 'string') return version;
    const fault = (headers && checkVersion(version, headers)) ?? envelopeFault(message, version);
    return fault ?? (headers && this.#headerFault(message, headers));
  }

  #headerFault(message: Message & { kind: 'request' }, headers: HeaderView): RpcError | undefined {
    const fault = checkHeaders(message, headers);
    if (fault || message.method !== 'tools/call') return fault;
    const tool = this.parts.gateway.view(this.caller, this.#settings.session).listed.get(String(message.params.name));
    return tool && tool.shape.headers.length > 0 ? checkArguments(tool.shape.headers, message.params.arguments, headers) : undefined;
  }

  // Clients may read the instructions only here, so the reply waits for plugins that are still opening.
  #discover(request: RequestLink): string | Promise<string> {
    request.met(false);
    const opening = this.parts.gateway.introduced();
    return opening ? opening.then(() => this.#describe()) : this.#describe();
  }

  #describe(): string {
    const { instructions, skills, resources } = this.parts.gateway.view(this.caller);
    return toResult(
      {
        supportedVersions: [MODERN],
        capabilities: withEvents(capabilities(skills.byName.size > 0), resources),
        instructions: instructions && this.redact(instructions),
        ...cacheHints(this.#modern.shared()),
      },
      ERA,
    );
  }
}

type ModernRequest = Message & { kind: 'request' };

/** What all requests of one peer share. */
interface ConnectionSettings extends Pick<RequestSettings, 'session' | 'clientSemaphore' | 'waitMs'> {
  readonly transport: string;
}

// A class, since its accessors cost nothing per request, unlike those of an object literal.
class ModernSettings implements RequestSettings {
  readonly era = ERA;
  readonly logFrom: LogThreshold;
  readonly #peer: ModernPeer;
  readonly #message: ModernRequest;
  readonly #connection: ConnectionSettings;

  constructor(peer: ModernPeer, message: ModernRequest, logFrom: LogThreshold, connection: ConnectionSettings) {
    this.logFrom = logFrom;
    this.#peer = peer;
    this.#message = message;
    this.#connection = connection;
  }

  get session(): string {
    return this.#connection.session;
  }

  get clientSemaphore(): Semaphore | undefined {
    return this.#connection.clientSemaphore;
  }

  get waitMs(): number | undefined {
    return this.#connection.waitMs;
  }

  get audit(): string {
    return auditCaller(this.#peer.caller, this.#connection.transport, this.#peer.redact(this.clientName), 'modern');
  }

  get clientName(): string {
    return nameOf(this.#clientInfo);
  }

  get clientVersion(): string {
    return versionOf(this.#clientInfo);
  }

  get answerableKinds(): readonly QuestionKind[] {
    return toAnswerableKinds(envelopeValue(this.#message, 'clientCapabilities'), MODERN);
  }

  get #clientInfo(): JsonValue | undefined {
    return envelopeValue(this.#message, 'clientInfo');
  }
}
