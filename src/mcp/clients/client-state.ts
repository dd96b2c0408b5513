import type { Caller } from '../../core/contract/caller.ts';
import type { QuestionKind } from '../../core/contract/question.ts';
import type { Era } from '../wire/era.ts';

/** A connected client, as operators see it. Times in milliseconds since 1970. */
export interface ClientState {
  /** Not a session id: it gives no access. */
  readonly id: string;
  readonly name: string;
  readonly version?: string;
  readonly principal: string;
  readonly profile: string;
  readonly transport: string;
  readonly era: Era['kind'];
  readonly since: number;
  /** When it last connected: in the stateless era, when it last asked what this gateway is, or its first request. */
  readonly introduced: number;
  readonly lastCall?: number;
  /** When it last fetched the list of tools. */
  readonly listed?: number;
  /** Whether it can show a question to its user. */
  readonly canBeAsked: boolean;
  readonly hasRoots: boolean;
  /** The resources that it subscribed to. */
  readonly watches: readonly string[];
}

/** What a request tells about its client. */
export interface ClientAbout {
  readonly era: Era;
  /** The caller's fields of the audit line. */
  readonly audit: string;
  readonly clientName: string;
  readonly clientVersion: string;
  readonly answerableKinds: readonly QuestionKind[];
}

/** A peer as the list of clients needs it. */
export interface ListedPeer {
  readonly caller: Caller;
  /** The time of its last call; 0 before the first one. */
  readonly lastCall: number;
  /** What it said about itself in its handshake; undefined in the stateless era. */
  readonly about?: ClientAbout | undefined;
  /** The resources that it subscribed to outside of a stream. */
  readonly watched?: readonly string[];
}

/** Receives what peers notice about their clients. */
export interface ClientNotes {
  /** A client introduced itself, or fetched the list of tools. */
  met(peer: ListedPeer, about: ClientAbout, listed: boolean): void;
}
