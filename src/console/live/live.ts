import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { JsonObject } from '../../core/json/json.ts';
import { HttpError } from '../../transports/edge/http-error.ts';
import { refuseUpgrade } from '../../transports/fall-through.ts';
import { checkUpgrade } from '../../transports/upgrade.ts';
import type { LiveMessage, PageMessage } from '../api/live-types.ts';
import { checkOrigin } from '../headers.ts';
import type { Login } from '../login.ts';
import type { ConsoleParts } from '../parts.ts';
import { mayUse, type Session, type Sessions } from '../sessions.ts';
import { createHub } from './hub.ts';
import { readPageMessage } from './page-message.ts';
import { CLOSE, PageSocket } from './page-socket.ts';
import type { TopicSource } from './topics.ts';

/** The subprotocol of the live channel. */
const SUBPROTOCOL = 'plugmux.console.v1';
const MAX_MESSAGE = 4 * 1024;
const LOGIN_MS = 5_000;
const MAX_SOCKETS = 50;
const MAX_PER_KEY = 10;
/** How often sessions are looked at: another process may have revoked one. */
const LOOK_MS = 500;

/** A page as the parts of the gateway see it that care whether a person is there. */
export interface PageListener {
  /** A page of an administrator was opened, or its person has used it. `page` identifies it. */
  used(page: object, state: { readonly visible: boolean; readonly notices: boolean }): void;
  left(page: object): void;
}

/** The live channel: what happens, to the pages that want it. */
export interface Live {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Sends a message to every page that wants a topic. */
  publish(topic: string, message: LiveMessage): void;
  /** Sends a message to the pages of one session. */
  send(session: Pick<Session, 'id'>, message: LiveMessage): void;
  /** Whether a page of a session is open. */
  reaches(session: Pick<Session, 'id'>): boolean;
  /** Calls back with each answer of a person to a question; returns a function that ends it. */
  onAnswer(listener: (session: Session, id: string, answer: JsonObject) => void): () => void;
  /** Number of open pages. */
  open(): number;
  /** Ends the pages whose sessions have ended. */
  checkLogins(): void;
  close(): void;
}

/** What the live channel is made of. */
export interface LiveParts extends ConsoleParts {
  readonly sessions: Sessions;
  readonly login: Login;
  readonly sources: readonly TopicSource[];
  /** The revision that `GET /overview` has now. */
  revision(): string;
  readonly pages?: PageListener;
}

/** Creates the live channel. Nothing runs until a page connects. */
export function createLive({ app, sources, edge, login, sessions, redactor, log, revision, pages }: LiveParts): Live {
  const open = new Set<PageSocket>();
  const hub = createHub(open, sources, redactor, log);
  const answers = new Set<(session: Session, id: string, answer: JsonObject) => void>();
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
    handleProtocols: () => SUBPROTOCOL,
  });
  server.on('wsClientError', ({ message }, socket) => refuseUpgrade(socket, new HttpError(400, 'INVALID_REQUEST', `${message}.`)));
  let looking: NodeJS.Timeout | undefined;

  const checkLogins = (): void => {
    const ids = new Set([...open].flatMap(({ session }) => session?.id ?? []));
    const ended = new Set([...ids].filter((id) => !isOpen(id)));
    for (const page of open) if (page.session && ended.has(page.session.id)) page.end(CLOSE.login, 'The login has ended.');
  };
  // A session that cannot be looked up has ended.
  const isOpen = (id: string): boolean => {
    try {
      return sessions.isOpen(id);
    } catch {
      return false;
    }
  };
  const look = (): void => {
    for (const page of open) page.checkAlive();
    checkLogins();
  };

  const logIn = (page: PageSocket, address: string, message: PageMessage | undefined): void => {
    if (message?.type !== 'start') return page.end(CLOSE.login, 'The first message must log in.');
    try {
      page.session = login.sessionOfKey(message.key, address);
    } catch {
      return page.end(CLOSE.login, 'The key is not valid.');
    }
    const { id } = page.session;
    if ([...open].filter(({ session }) => session?.id === id).length > MAX_PER_KEY)
      return page.end(CLOSE.tryLater, 'Too many pages are open.');
    hub.send(page, { type: 'hello', revision: revision() });
    hub.want(page, message.want);
    if (mayUse(page.session, 'admin')) pages?.used(page, { visible: true, notices: message.notices ?? false });
  };

  const receive = (page: PageSocket, session: Session, message: PageMessage | undefined): void => {
    if (message === undefined || message.type === 'start') return page.end(CLOSE.policy, 'The message is not valid.');
    if (message.type === 'want') return hub.want(page, message.want);
    const isAdmin = mayUse(session, 'admin');
    if (message.type === 'used') {
      sessions.extend(session.id);
      if (isAdmin) pages?.used(page, { visible: message.visible, notices: message.notices });
    } else if (isAdmin) for (const listener of answers) listener(session, message.id, message.answer as JsonObject);
  };

  const serve = (page: PageSocket, address: string): void => {
    open.add(page);
    looking ??= setInterval(look, LOOK_MS).unref();
    const { socket } = page;
    const late = setTimeout(() => page.end(CLOSE.login, 'No login arrived.'), LOGIN_MS).unref();
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      // Messages that were sent before the page received the close frame still arrive.
      if (!page.isOpen) return;
      if (isBinary || page.isFlooding()) return page.end(CLOSE.policy, isBinary ? 'Text only.' : 'Too many messages.');
      const message = readPageMessage(data);
      if (page.session) return receive(page, page.session, message);
      clearTimeout(late);
      logIn(page, address, message);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearTimeout(late);
      open.delete(page);
      pages?.left(page);
      hub.update();
      if (open.size > 0) return;
      clearInterval(looking);
      looking = undefined;
    });
  };

  return {
    upgrade(request, socket, head) {
      try {
        checkUpgrade(request, SUBPROTOCOL);
        checkOrigin(request, app.config());
        if (open.size >= MAX_SOCKETS) throw new HttpError(503, 'OVERLOADED', 'Too many pages are open.', { 'Retry-After': '30' });
        const address = edge.addressOf(request);
        server.handleUpgrade(request, socket, head, (upgraded) => serve(new PageSocket(upgraded), address));
      } catch (error) {
        refuseUpgrade(socket, error);
      }
    },
    publish: hub.publish,
    send({ id }, message) {
      for (const page of open) if (page.session?.id === id) hub.send(page, message);
    },
    reaches: ({ id }) => [...open].some((page) => page.isOpen && page.session?.id === id),
    onAnswer(listener) {
      answers.add(listener);
      return () => void answers.delete(listener);
    },
    open: () => open.size,
    checkLogins,
    close() {
      clearInterval(looking);
      for (const page of open) page.end(CLOSE.goingAway, 'The gateway has ended.');
    },
  };
}
