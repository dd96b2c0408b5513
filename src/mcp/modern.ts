import type { Caller } from '../core/caller.ts';
import { auditCaller } from '../gateway/audit-fields.ts';
import { createSlots, type Slots } from '../gateway/slots.ts';
import { envelopeFault, envelopeValue } from './envelope.ts';
import { capabilities, type Era } from './era.ts';
import { cacheHints } from './lists.ts';
import { toThreshold } from './logging.ts';
import type { Methods } from './methods.ts';
import { checkHeaders } from './modern-headers.ts';
import type { HeaderView, Outlet } from './outlet.ts';
import { type Handler, Peer, type PeerParts } from './peer.ts';
import { toResult } from './results.ts';
import { MODERN } from './revisions.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Message } from './wire.ts';

const ERA: Era = { kind: 'modern', revision: MODERN };

/** What the methods of the stateless era need besides the shared ones. */
export interface ModernParts extends PeerParts {
  readonly subscriptions: Subscriptions;
  readonly shared: boolean;
}

/** A client of the stateless era: one per request over HTTP, one per connection elsewhere. Every request stands alone. */
export class ModernPeer extends Peer {
  protected readonly eraKind = 'modern';
  readonly #methods: Methods;
  readonly #modern: ModernParts;
  readonly #audit: string;
  readonly #slots: Slots | undefined;

  constructor(parts: ModernParts, methods: Methods, caller: Caller, transport: string, callsPerClient?: number) {
    super(parts, caller);
    this.#modern = parts;
    this.#methods = methods;
    this.#audit = auditCaller(caller, transport, '');
    this.#slots = callsPerClient === undefined ? undefined : createSlots(callsPerClient);
  }

  receive(message: Message, outlet: Outlet, headers?: HeaderView): void {
    if (message.kind === 'request') {
      const logFrom = toThreshold(envelopeValue(message, 'logLevel'));
      this.serve(message, outlet, this.#handlerFor(message, outlet, headers), {
        era: ERA,
        logFrom,
        audit: this.#audit,
        slots: this.#slots,
      });
    } else if (message.kind === 'notification' && message.method === 'notifications/cancelled') {
      this.cancel(message.params);
    }
  }

  #handlerFor(message: Message & { kind: 'request' }, outlet: Outlet, headers: HeaderView | undefined): Handler | undefined {
    const fault = envelopeFault(message) ?? (headers ? checkHeaders(message, headers) : undefined);
    if (fault) {
      return () => {
        throw fault;
      };
    }
    if (message.method === 'server/discover') return () => this.#discover();
    if (message.method === 'subscriptions/listen') return (request) => this.#modern.subscriptions.listen(message.id, request, outlet);
    return this.#methods.get(message.method);
  }

  #discover(): string {
    const { instructions } = this.parts.gateway.view(this.caller);
    return toResult(
      {
        supportedVersions: [MODERN],
        capabilities: capabilities(),
        instructions,
        ...cacheHints(this.#modern.shared),
      },
      ERA,
    );
  }
}
