import { randomBytes } from 'node:crypto';
import type { Caller } from '../core/caller.ts';
import { GatewayError } from '../core/errors.ts';
import type { LegacyPeer } from './legacy.ts';
import { SessionStreams } from './session-streams.ts';

/** One HTTP session of a legacy client. */
export interface Session {
  readonly id: string;
  readonly peer: LegacyPeer;
  readonly streams: SessionStreams;
  /** When it was last used, on a monotonic clock in milliseconds. */
  touched: number;
}

/** The limits of sessions. */
export interface SessionLimits {
  readonly sessions: number;
  readonly sessionsPerPrincipal: number;
  readonly sessionIdleMs: number;
}

/** The sessions of all legacy HTTP clients. */
export interface Sessions {
  /** Opens a session; throws OVERLOADED where there is no room. */
  open(peer: LegacyPeer): Session;
  /** The session of that id, if it belongs to this caller: a stranger's looks like one that never was. */
  find(id: string, caller: Caller): Session | undefined;
  end(session: Session, reason: string): void;
  readonly size: number;
  close(): void;
}

/** No sessions yet. Callers without a token share one principal, which has no cap of its own. */
export function createSessions(limits: SessionLimits, events: { opened(peer: LegacyPeer): void; ended(peer: LegacyPeer): void }): Sessions {
  const sessions = new Map<string, Session>();
  const perPrincipal = new Map<string, number>();

  const end = (session: Session, reason: string): void => {
    if (!sessions.delete(session.id)) return;
    const { principal } = session.peer.caller;
    perPrincipal.set(principal, (perPrincipal.get(principal) ?? 1) - 1);
    // Whoever still waits for a reply over a connection of its own gets one.
    session.peer.interrupt(reason);
    session.peer.channel?.write({ last: true });
    events.ended(session.peer);
  };

  // Only what nobody uses is idle: no open stream, no call in flight. Such use may have ended any time since the last look.
  const every = Math.min(limits.sessionIdleMs / 2, 60_000);
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const session of sessions.values()) {
      if (session.streams.standing?.held || session.peer.ledger.size > 0) session.touched = now;
      else if (now - session.touched > limits.sessionIdleMs + every) end(session, 'The session was idle.');
    }
  }, every).unref();

  return {
    open(peer) {
      const { principal } = peer.caller;
      const held = perPrincipal.get(principal) ?? 0;
      const most = principal === 'local' ? limits.sessions : Math.min(limits.sessions, limits.sessionsPerPrincipal);
      if (sessions.size >= limits.sessions || held >= most) {
        throw new GatewayError('OVERLOADED', `There are ${held} sessions already.`, { retryAfterMs: 10_000 });
      }
      const session: Session = {
        id: randomBytes(16).toString('hex'),
        peer,
        streams: new SessionStreams(),
        touched: performance.now(),
      };
      sessions.set(session.id, session);
      perPrincipal.set(principal, held + 1);
      events.opened(peer);
      return session;
    },
    find(id, caller) {
      const session = sessions.get(id);
      if (!session || session.peer.caller.principal !== caller.principal || session.peer.caller.profile !== caller.profile)
        return undefined;
      session.touched = performance.now();
      return session;
    },
    end,
    get size() {
      return sessions.size;
    },
    close() {
      clearInterval(sweep);
      for (const session of [...sessions.values()]) end(session, 'The gateway is shutting down.');
    },
  };
}
