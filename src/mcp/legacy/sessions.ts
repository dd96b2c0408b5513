import { randomBytes } from 'node:crypto';
import type { Caller } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import { type Logger, silentLog } from '../../core/log.ts';
import { Shares } from '../../core/shares.ts';
import type { LegacyPeer } from './legacy-peer.ts';
import { SessionStreams } from './session-streams.ts';

/** One HTTP session of a legacy client. */
export interface HttpSession {
  readonly id: string;
  readonly peer: LegacyPeer;
  readonly streams: SessionStreams;
  /** Time of last use in ms, on a monotonic clock. */
  touched: number;
  /** Whether the client sent anything after the handshake. */
  used: boolean;
}

/** The limits of sessions. */
export interface SessionLimits {
  readonly sessions: number;
  readonly sessionsPerPrincipal: number;
  readonly sessionIdleMs: number;
}

/** The sessions of all legacy HTTP clients. */
export interface Sessions {
  /** Opens a session. At the limit it evicts an idle one; throws OVERLOADED if none is idle. */
  open(peer: LegacyPeer): HttpSession;
  /** The session with this id; undefined if it does not exist or belongs to another caller. */
  find(id: string, caller: Caller): HttpSession | undefined;
  end(session: HttpSession, reason: string): void;
  /** Ends the sessions of callers that lost their access; returns how many. */
  revoke(isGone: (caller: Caller) => boolean, error: GatewayError): number;
  /** Applies changed limits to the sweep of idle sessions. */
  applyLimits(): void;
  readonly size: number;
  close(): void;
}

/** Called when a session begins or ends. */
export interface SessionEvents {
  /** `end` ends the session. */
  opened(peer: LegacyPeer, end: (reason: string) => void): void;
  ended(peer: LegacyPeer): void;
}

/** Longer than any gateway runs, so that sessions that were never used are evicted first. */
const NEVER_USED_MS = 1e12;

/** Creates an empty set. Callers without a token share one principal, which has no limit per principal. */
export function createSessions(limits: SessionLimits, events: SessionEvents, log: Logger = silentLog): Sessions {
  const sessions = new Map<string, HttpSession>();
  const shares = new Shares<HttpSession>();

  const end = (session: HttpSession, reason: string): void => {
    if (!sessions.delete(session.id)) return;
    shares.delete(session.peer.caller.principal, session);
    // Requests on other connections of this session still get their reply.
    session.peer.interrupt(reason);
    session.peer.channel?.write({ last: true });
    session.peer.unwatch();
    events.ended(session.peer);
  };

  const isBusy = ({ streams, peer }: HttpSession): boolean => streams.standalone?.held === true || peer.replies.size > 0;
  const rank = (session: HttpSession): number | undefined => {
    if (isBusy(session)) return undefined;
    return session.used ? session.touched : session.touched - NEVER_USED_MS;
  };
  const evict = (session: HttpSession | undefined): void => {
    if (!session) throw new GatewayError('OVERLOADED', 'The session limit is reached and no session is idle.', { retryAfterMs: 10_000 });
    log.info(`session limit reached: an idle session of ${session.peer.caller.principal} was ended for a new one`);
    end(session, 'The session was ended for a newer one, because the session limit was reached.');
  };

  // A busy session may have become idle at any time since the last sweep.
  let every: number;
  let sweep: NodeJS.Timeout | undefined;
  const sweepIdle = (): void => {
    const now = performance.now();
    for (const session of sessions.values()) {
      if (isBusy(session)) session.touched = now;
      else if (now - session.touched > limits.sessionIdleMs + every) end(session, 'The session was idle.');
    }
  };
  const applyLimits = (): void => {
    const next = Math.min(limits.sessionIdleMs / 2, 60_000);
    if (next === every) return;
    every = next;
    clearInterval(sweep);
    sweep = setInterval(sweepIdle, every).unref();
  };

  applyLimits();

  return {
    open(peer) {
      const { principal, anonymous } = peer.caller;
      const max = anonymous === true ? limits.sessions : limits.sessionsPerPrincipal;
      if (shares.sizeOf(principal) >= max) evict(shares.firstOf(principal, rank));
      else if (shares.size >= limits.sessions) evict(shares.firstOfLargest(principal, rank));
      const session: HttpSession = {
        id: randomBytes(16).toString('hex'),
        peer,
        streams: new SessionStreams(),
        touched: performance.now(),
        used: false,
      };
      sessions.set(session.id, session);
      shares.add(principal, session);
      events.opened(peer, (reason) => end(session, reason));
      return session;
    },
    find(id, caller) {
      const session = sessions.get(id);
      if (!session || session.peer.caller.principal !== caller.principal || session.peer.caller.profile !== caller.profile)
        return undefined;
      session.touched = performance.now();
      session.used = true;
      return session;
    },
    end,
    revoke(isGone, error) {
      const gone = [...sessions.values()].filter(({ peer }) => isGone(peer.caller));
      for (const session of gone) {
        session.peer.revoke(error);
        end(session, error.message);
      }
      return gone.length;
    },
    applyLimits,
    get size() {
      return sessions.size;
    },
    close() {
      clearInterval(sweep);
      for (const session of [...sessions.values()]) end(session, 'The gateway is shutting down.');
    },
  };
}
