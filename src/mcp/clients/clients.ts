import type { Caller } from '../../core/contract/caller.ts';
import type { ClientAbout, ClientNotes, ClientState, ListedPeer } from './client-state.ts';

/** The clients that are connected. A client of the stateless era over HTTP counts as connected for 10 minutes after its last request. */
export interface Clients extends ClientNotes {
  /** A peer was created for a connection or session; `end` ends that. */
  opened(peer: ListedPeer, transport: string, end: (reason: string) => void): void;
  closed(peer: ListedPeer): void;
  list(): readonly ClientState[];
  /** Ends the session or connection of a client, or the streams and calls of a stateless one. False if there is no such client. */
  end(id: string, reason: string): boolean;
  /** Calls back with the id of a client that came, changed or went; one listener, or none. */
  onChange(listener: ((id: string) => void) | undefined): void;
}

/** What the list of clients reads from other parts. */
export interface ClientSources {
  /** The last call of each caller, by the caller's fields of the audit line. */
  lastCalls(): ReadonlyMap<string, number>;
  /** The resources that listen streams of a client watch. */
  watches(audit: string): readonly string[];
  /** Ends the streams and the calls of a stateless client over HTTP. */
  endStateless(audit: string, reason: string): void;
  /** Removes secrets from a text. */
  redact(text: string): string;
}

const STATELESS_MS = 10 * 60_000;
const MAX_STATELESS = 500;

interface Entry {
  readonly id: string;
  readonly transport: string;
  readonly since: number;
  readonly caller: Caller;
  readonly peer: ListedPeer | undefined;
  about: ClientAbout | undefined;
  introduced: number;
  listed: number | undefined;
  seen: number;
  end(reason: string): void;
}

/** An empty list. */
export function createClients(sources: ClientSources): Clients {
  const connected = new Map<ListedPeer, Entry>();
  const stateless = new Map<string, Entry>();
  let listener: ((id: string) => void) | undefined;
  let count = 0;

  const changed = ({ id }: Entry): void => listener?.(id);
  const create = (fields: Pick<Entry, 'caller' | 'peer' | 'transport' | 'end'>): Entry => {
    const now = Date.now();
    return { id: `c${++count}`, since: now, introduced: now, seen: now, about: undefined, listed: undefined, ...fields };
  };
  const dropStateless = (key: string): void => {
    const entry = stateless.get(key);
    stateless.delete(key);
    if (entry) changed(entry);
  };
  const statelessOf = (caller: Caller, audit: string): Entry => {
    const known = stateless.get(audit);
    // The latest one comes last, so the oldest is dropped first.
    stateless.delete(audit);
    const end = (reason: string): void => {
      sources.endStateless(audit, reason);
      stateless.delete(audit);
    };
    const entry = known ?? create({ caller, peer: undefined, transport: 'http', end });
    stateless.set(audit, entry);
    if (stateless.size > MAX_STATELESS) dropStateless(stateless.keys().next().value as string);
    return entry;
  };
  const sweep = (calls: ReadonlyMap<string, number>): void => {
    const oldest = Date.now() - STATELESS_MS;
    for (const [audit, entry] of stateless) {
      entry.seen = Math.max(entry.seen, calls.get(audit) ?? 0);
      if (entry.seen < oldest && sources.watches(audit).length === 0) dropStateless(audit);
    }
  };

  const toState = (entry: Entry, calls: ReadonlyMap<string, number>): ClientState | undefined => {
    const { id, transport, since, introduced, caller, peer, listed } = entry;
    const about = peer?.about ?? entry.about;
    if (!about) return undefined;
    const { clientVersion, clientName, answerableKinds, audit, era } = about;
    const lastCall = peer ? peer.lastCall : (calls.get(audit) ?? 0);
    return {
      id,
      name: sources.redact(clientName),
      ...(clientVersion === '' ? {} : { version: sources.redact(clientVersion) }),
      principal: caller.principal,
      profile: caller.profile,
      transport,
      era: era.kind,
      since,
      introduced,
      ...(lastCall > 0 ? { lastCall } : {}),
      ...(listed === undefined ? {} : { listed }),
      canBeAsked: answerableKinds.includes('form'),
      hasRoots: answerableKinds.includes('roots'),
      watches: era.kind === 'legacy' ? (peer?.watched ?? []) : sources.watches(audit),
    };
  };

  return {
    opened(peer, transport, end) {
      const entry = create({ caller: peer.caller, peer, transport, end });
      connected.set(peer, entry);
      if (peer.about) changed(entry);
    },
    closed(peer) {
      const entry = connected.get(peer);
      if (!entry) return;
      connected.delete(peer);
      changed(entry);
    },
    met(peer, about, listed) {
      const known = connected.get(peer);
      // The session of a legacy client over HTTP opens after its handshake.
      if (!known && about.era.kind === 'legacy') return;
      const entry = known ?? statelessOf(peer.caller, about.audit);
      entry.about = about;
      entry.seen = Date.now();
      if (listed) entry.listed = entry.seen;
      else entry.introduced = entry.seen;
      changed(entry);
    },
    list() {
      const calls = sources.lastCalls();
      sweep(calls);
      return [...connected.values(), ...stateless.values()].flatMap((entry) => toState(entry, calls) ?? []);
    },
    end(id, reason) {
      const entry = [...connected.values(), ...stateless.values()].find((client) => client.id === id);
      if (!entry) return false;
      entry.end(reason);
      changed(entry);
      return true;
    },
    onChange(next) {
      listener = next;
    },
  };
}
