import { randomUUID } from 'node:crypto';
import type { Caller } from '../../core/contract/caller.ts';
import type { Answers, Questions } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { auditCaller } from '../../gateway/audit/audit-fields.ts';
import type { Call } from '../../gateway/call/call.ts';
import { createSemaphore } from '../../gateway/call/semaphore.ts';
import type { View } from '../../gateway/view/view.ts';
import type { ClientAbout } from '../clients/client-state.ts';
import { DEFAULT_THRESHOLD, toThreshold } from '../methods/logging.ts';
import { type Methods, need } from '../methods/methods.ts';
import { refuseUnable, toAnswerableKinds } from '../methods/questions.ts';
import type { Subscriber } from '../methods/subscriptions.ts';
import { Peer, type PeerParts } from '../peer.ts';
import type { Handler, Reply, Request, RequestSettings } from '../request.ts';
import { BatchOutlet } from '../wire/batch.ts';
import { nameOf, versionOf } from '../wire/envelope.ts';
import { capabilities, SERVER_INFO } from '../wire/era.ts';
import type { Outlet } from '../wire/outlet.ts';
import { BATCH_REVISION, negotiate } from '../wire/revisions.ts';
import { type Fault, type Id, type Message, notificationText } from '../wire/wire.ts';
import { ServerRequests } from './server-requests.ts';

const MAX_WATCHED = 1_000;

/** The limits of one legacy client. */
export interface LegacyLimits {
  readonly callsPerClient: number;
  readonly askMs: number;
}

/** A client of the revisions with a handshake: one per connection or HTTP session. */
export class LegacyPeer extends Peer implements Subscriber {
  protected readonly eraKind = 'legacy';
  readonly #methods: Methods;
  readonly #transport: string;
  readonly #own: Methods;
  readonly #requests: ServerRequests;
  readonly #watched = new Map<string, () => void>();
  // Replaced as a whole, so that all requests between two changes share one object.
  #settings: RequestSettings;
  // Notifications held back until the client sends `notifications/initialized`; then undefined.
  #held: Set<string> | undefined = new Set();
  #seen: View | undefined;
  /** The outlet for messages that do not belong to a request; undefined while an HTTP client has no stream open. */
  channel: Outlet | undefined;

  constructor(parts: PeerParts, methods: Methods, caller: Caller, transport: string, limits: LegacyLimits) {
    super(parts, caller);
    this.#requests = new ServerRequests(limits);
    this.#methods = methods;
    this.#transport = transport;
    this.#settings = {
      era: { kind: 'legacy', revision: '' },
      logFrom: DEFAULT_THRESHOLD,
      audit: auditCaller(caller, transport, '', 'legacy'),
      clientName: '',
      clientVersion: '',
      session: randomUUID(),
      clientSemaphore: createSemaphore(() => limits.callsPerClient),
      answerableKinds: [],
    };
    this.#own = new Map<string, Handler>([
      ['initialize', (request) => this.#initialize(request)],
      ['ping', () => '{}'],
      ['logging/setLevel', (request) => this.#setLevel(request)],
      ['resources/subscribe', (request) => this.#watch(request)],
      ['resources/unsubscribe', ({ params }) => this.#unwatch(params)],
    ]);
  }

  /** What the client said in its handshake; undefined before. */
  get about(): ClientAbout | undefined {
    return this.revision === '' ? undefined : this.#settings;
  }

  get watched(): readonly string[] {
    return [...this.#watched.keys()];
  }

  /** The negotiated revision; empty before the handshake. */
  get revision(): string {
    return this.#settings.era.revision;
  }

  receive(message: Message, outlet: Outlet): void {
    if (message.kind === 'request') this.#request(message, outlet);
    else if (message.kind === 'response') this.#requests.settle(message.id, message.body);
    else if (message.method === 'notifications/cancelled') this.cancel(message.params);
    else if (message.method === 'notifications/initialized' && this.#seen) this.#release();
  }

  async ask(questions: Questions, call: Call, outlet: Outlet): Promise<Answers> {
    refuseUnable(questions, this.#settings.answerableKinds);
    return this.#requests.ask(questions, this.revision, call, outlet);
  }

  override interrupt(reason: string): void {
    super.interrupt(reason);
    this.#requests.close();
  }

  override close(reason: string): void {
    this.#requests.close();
    this.unwatch();
    super.close(reason);
  }

  override revoke(error: GatewayError, ids?: readonly Id[]): void {
    super.revoke(error, ids);
    if (ids) return;
    this.#requests.close();
    this.unwatch();
  }

  /** Ends its subscriptions to resources. */
  unwatch(): void {
    for (const end of this.#watched.values()) end();
    this.#watched.clear();
  }

  /** Answers a batch with one array of replies. False unless the client uses the one revision with batches. */
  receiveBatch(items: readonly (Message | Fault)[], outlet: Outlet): boolean {
    if (this.revision !== BATCH_REVISION) return false;
    const batch = new BatchOutlet(outlet, items.filter((item) => item.kind === 'request' || item.kind === 'fault').length);
    for (const item of items) {
      if (item.kind === 'fault') this.refuse(item, batch.replyWriter());
      else this.receive(item, item.kind === 'request' ? batch.replyWriter() : outlet);
    }
    return true;
  }

  #request(message: Message & { kind: 'request' }, outlet: Outlet): void {
    let handler = this.#own.get(message.method) ?? this.#methods.get(message.method);
    if (handler && this.revision === '' && message.method !== 'initialize' && message.method !== 'ping') {
      handler = () => {
        throw new GatewayError('NOT_INITIALIZED', `"${message.method}" was sent before "initialize".`);
      };
    }
    this.serve(message, outlet, handler, this.#settings);
  }

  #initialize({ params }: Request): Reply | Promise<Reply> {
    if (this.revision !== '') throw new GatewayError('INVALID_REQUEST', 'This connection is already initialized.');
    const revision = negotiate(need(params, 'protocolVersion'));
    const clientName = nameOf(params.clientInfo);
    this.#settings = {
      ...this.#settings,
      era: { kind: 'legacy', revision },
      audit: auditCaller(this.caller, this.#transport, this.redact(clientName), 'legacy'),
      clientName,
      clientVersion: versionOf(params.clientInfo),
      answerableKinds: toAnswerableKinds(params.capabilities, revision),
    };
    this.met(this.#settings, false);
    // Many clients read the instructions only here, so the reply waits for plugins that are still opening.
    const opening = this.parts.gateway.introduced();
    return opening ? opening.then(() => this.#welcome()) : this.#welcome();
  }

  #welcome(): Reply {
    const { revision } = this;
    this.parts.gateway.sessionStarted(this.caller, this.#settings.session);
    this.#seen = this.parts.gateway.view(this.caller);
    this.#held?.clear();
    const { instructions, skills } = this.#seen;
    return JSON.stringify({
      protocolVersion: revision,
      capabilities: capabilities(skills.byName.size > 0),
      serverInfo: SERVER_INFO,
      instructions: instructions && this.redact(instructions),
    });
  }

  #setLevel({ params }: Request): Reply {
    const level = toThreshold(params.level);
    if (level === undefined)
      throw new GatewayError('INVALID_PARAMS', `Unknown log level: ${JSON.stringify(params.level)?.slice(0, 40)}.`, { field: 'level' });
    this.#settings = { ...this.#settings, logFrom: level };
    return '{}';
  }

  #watch({ params }: Request): Reply {
    const uri = need(params, 'uri');
    if (this.#watched.size >= MAX_WATCHED)
      throw new GatewayError('OVERLOADED', `The limit of ${MAX_WATCHED} subscribed resources per client is reached.`);
    if (this.#watched.has(uri)) return '{}';
    const end = this.parts.gateway.subscribe(uri, this.caller);
    if (!end) throw new GatewayError('INVALID_PARAMS', 'Unknown resource address.', { field: 'uri' });
    this.#watched.set(uri, end);
    return '{}';
  }

  #unwatch(params: Request['params']): Reply {
    const uri = need(params, 'uri');
    this.#watched.get(uri)?.();
    this.#watched.delete(uri);
    return '{}';
  }

  get session(): string {
    return this.#settings.session;
  }

  get listening(): boolean {
    return this.revision !== '' && this.channel !== undefined;
  }

  wants(): boolean {
    return true;
  }

  hasSeen(view: View): boolean {
    return view === this.#seen;
  }

  watches(uri: string): boolean {
    return this.#watched.has(uri);
  }

  updated(uri: string): void {
    this.#notify('notifications/resources/updated', JSON.stringify({ uri }));
  }

  changed(method: string): void {
    this.#notify(method, '{}');
  }

  // Strict clients close a connection that sends anything before the reply or before `notifications/initialized`.
  #notify(method: string, params: string): void {
    const text = notificationText(method, params);
    if (this.#held) this.#held.add(text);
    else this.channel?.write({ bytes: text, last: false });
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const text of held ?? []) this.channel?.write({ bytes: text, last: false });
  }
}
