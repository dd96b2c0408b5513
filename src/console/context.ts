import type { Actor } from '../gateway/plugin-admin.ts';
import type { Live } from './live/live.ts';
import type { Login } from './login.ts';
import type { ConsoleParts } from './parts.ts';
import type { Session, Sessions } from './sessions.ts';

/** What every handler gets. */
export interface ConsoleContext extends ConsoleParts {
  readonly sessions: Sessions;
  readonly login: Login;
  readonly live: Live;
  /** When the gateway started, in milliseconds since 1970. */
  readonly started: number;
  /** The revision of what `GET /overview` answers now. */
  revision(): string;
}

/** One request whose login and fields were checked. */
export interface Asked<Query, Body> {
  /** Of the path, such as `id`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** Who asks. Absent only for the login. */
  readonly session: Session;
  /** For the audit log. */
  readonly by: Actor;
  /** Aborted, with a sentence as its reason, if the client closes the connection before the answer or the login ends. */
  readonly signal: AbortSignal;
  /** The client's address. */
  readonly address: string;
  /** The port of this gateway that the request arrived at. */
  readonly port: number;
}
