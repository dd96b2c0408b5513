import type { IncomingMessage } from 'node:http';
import { HttpError } from '../transports/edge/http-error.ts';
import { createThrottle } from '../transports/edge/throttle.ts';
import { unauthenticated } from '../transports/login/challenge.ts';
import type { LoginAnswer } from './api/types.ts';
import type { ConsoleParts } from './parts.ts';
import type { OpenedSession, Session, Sessions } from './sessions.ts';

const HOW = 'Log in with the link of `plugmux console`, or send a token to POST /api/console/login, then send the key as a bearer token.';
const LOGINS_PER_MINUTE = 10;
const REFUSED = 'The link was used before, has expired or is incomplete.';

/** The checks of logins. Only failures are counted, so that a stranger cannot lock anyone out. */
export interface Login {
  /** Logs in with a code or a token. Throws HttpError. */
  open(credentials: { readonly code?: string | undefined; readonly token?: string | undefined }, address: string): LoginAnswer;
  /** The session of a request. Throws HttpError. */
  sessionOf(request: IncomingMessage): Session;
  /** The session of a key that was not sent as a header. Throws HttpError. */
  sessionOfKey(key: string, address: string): Session;
}

/** Creates the checks. */
export function createLogin({ app, edge }: Pick<ConsoleParts, 'app' | 'edge'>, sessions: Sessions): Login {
  const logins = createThrottle(() => LOGINS_PER_MINUTE);
  const keys = createThrottle(() => app.limits.failedLoginsPerMinute);

  const fail = (address: string, waitMs: number | undefined, reason: string, refusal: HttpError): HttpError => {
    app.failedLogin(address, waitMs === undefined ? reason : 'too many failed logins');
    if (waitMs === undefined) return refusal;
    return new HttpError(429, 'RATE_LIMITED', 'Too many failed logins.', { 'Retry-After': String(Math.ceil(waitMs / 1000)) });
  };
  const sessionOfKey = (key: string, address: string): Session => {
    const session = sessions.find(key);
    if (session) return session;
    throw fail(address, keys.failed(address, address), 'wrong key of the console', loginEnded());
  };

  return {
    open({ code, token }, address) {
      const opened = code === undefined ? sessions.byToken(token ?? '') : sessions.byCode(code);
      if (opened) return toAnswer(opened);
      const waitMs = logins.failed(address, address);
      if (code !== undefined) throw fail(address, waitMs, 'wrong login code', new HttpError(403, 'LOGIN_CODE_REFUSED', REFUSED));
      const isKnown = edge.identify(token ?? '') !== undefined;
      throw fail(
        address,
        waitMs,
        isKnown ? 'token without a scope of the console' : 'wrong token',
        isKnown ? withoutScope() : unauthenticated(),
      );
    },
    sessionOf(request) {
      const { authorization } = request.headers;
      if (authorization === undefined) throw keyless('No key of the console was sent.');
      return sessionOfKey(/^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '', edge.addressOf(request));
    },
    sessionOfKey,
  };
}

function withoutScope(): HttpError {
  const message = 'The token has neither the scope "observe" nor "admin".';
  return new HttpError(403, 'FORBIDDEN', message, {}, 'Add one to "scopes" of the token under "auth" in mcp.json.');
}

function toAnswer({ key, who, scopes, expires }: OpenedSession): LoginAnswer {
  return { key, who, scopes, expires };
}

/** The error for a key that is wrong, or whose login has ended. */
export function loginEnded(): HttpError {
  return keyless('The key of the console is not valid: its login has ended, or never was.');
}

function keyless(message: string): HttpError {
  return new HttpError(401, 'UNAUTHENTICATED', message, { 'WWW-Authenticate': 'Bearer realm="plugmux"' }, HOW);
}
