import { toJsonText } from '../../core/json/exact-number.ts';
import type { JsonValue } from '../../core/json/json.ts';
import { type Id, type Message, readMessage } from '../../mcp/wire/wire.ts';

// The gateway applies the limits; a window only needs the ids.
const CAPS = { depth: 100_000, keys: 10_000_000, items: 100_000_000 };

/** The beginning of a reply as the gateway writes it, with an id that needs no escapes. */
const REPLY = /^\{"jsonrpc":"2\.0","id":(0|[1-9]\d{0,14}|"[ !#-[\]-~]{0,128}"),"(?:result|error)":/;
const MAX_HEAD = 200;

/** What a window remembers of a session, to go on with another gateway. */
export interface OpenRequests {
  /** Takes a line of the client; false if it must not be passed on. */
  fromClient(line: Buffer): boolean;
  /** Takes a line of the gateway; false if it must not be passed on. */
  fromGateway(line: Buffer): boolean;
  /** The gateway is gone: the requests it did not reply to, which count as replied. */
  lose(): readonly Id[];
  /** The requests count as replied. */
  replied(ids: readonly Id[]): void;
  /**
   * The lines that bring a new gateway to where the old one was, except those in `waiting`, which it gets anyway. Its replies to
   * them are not passed on.
   */
  replay(waiting: readonly (Buffer | string)[]): readonly Buffer[];
  /** Whether the client waits for the reply to its handshake. */
  greets(): boolean;
  /** Whether the client has a handshake behind it, so that it may get notifications. */
  introduced(): boolean;
}

/** Remembers the session of one client. */
export function createOpenRequests(): OpenRequests {
  const open = new Map<string, Id>();
  /** Questions of the gateway that the client has not answered yet, and those whose gateway is gone. */
  const asked = new Set<string>();
  const stale = new Set<string>();
  /** Requests that were sent again; the client already has replies to them. */
  const again = new Set<string>();
  const subscriptions = new Map<string, Buffer>();
  let initialize: { readonly line: Buffer; readonly id: string } | undefined;
  let initialized: Buffer | undefined;
  let level: { readonly line: Buffer; readonly id: string } | undefined;

  const remember = (message: Extract<Message, { kind: 'request' }>, line: Buffer): void => {
    const id = keyOf(message.id);
    open.set(id, message.id);
    const { uri } = message.params;
    if (message.method === 'initialize') initialize = { line, id };
    else if (message.method === 'logging/setLevel') level = { line, id };
    else if (message.method === 'resources/subscribe' && typeof uri === 'string') subscriptions.set(uri, line);
    else if (message.method === 'resources/unsubscribe' && typeof uri === 'string') subscriptions.delete(uri);
  };

  // False for a reply that the client already has.
  const takeReply = (id: string): boolean => {
    if (again.delete(id)) return false;
    open.delete(id);
    return true;
  };

  return {
    fromClient(line) {
      let pass = true;
      for (const message of messagesOf(line)) {
        if (message.kind === 'request') remember(message, line);
        else if (message.kind === 'notification') {
          if (message.method === 'notifications/initialized') initialized = line;
        } else {
          const id = keyOf(message.id);
          asked.delete(id);
          if (stale.delete(id)) pass = false;
        }
      }
      return pass;
    },
    fromGateway(line) {
      // Results can be large, and the gateway writes the id before them.
      const replied = REPLY.exec(line.toString('latin1', 0, MAX_HEAD))?.[1];
      if (replied !== undefined) return takeReply(replied);
      let pass = true;
      for (const message of messagesOf(line)) {
        if (message.kind === 'request') asked.add(keyOf(message.id));
        else if (message.kind === 'response') {
          pass = takeReply(keyOf(message.id));
        }
      }
      return pass;
    },
    lose() {
      // The new gateway replies to a handshake that is still open.
      const greeting = initialize && open.get(initialize.id);
      const lost = [...open.values()].filter((id) => id !== greeting);
      open.clear();
      if (initialize && greeting !== undefined) open.set(initialize.id, greeting);
      again.clear();
      for (const id of asked) stale.add(id);
      asked.clear();
      return lost;
    },
    replied(ids) {
      for (const id of ids) open.delete(keyOf(id));
    },
    replay(waiting) {
      const isNew = (line: Buffer): boolean => !waiting.includes(line);
      if (!initialize || !isNew(initialize.line)) return [];
      const lines = [initialize.line];
      if (!open.has(initialize.id)) again.add(initialize.id);
      if (initialized && isNew(initialized)) lines.push(initialized);
      if (level && isNew(level.line)) {
        lines.push(level.line);
        again.add(level.id);
      }
      for (const line of [...subscriptions.values()].filter(isNew)) {
        lines.push(line);
        for (const message of readMessages(line) ?? []) if (message.kind === 'request') again.add(keyOf(message.id));
      }
      return lines;
    },
    greets: () => initialize !== undefined && open.has(initialize.id),
    introduced: () => initialized !== undefined,
  };
}

/** The messages of a line; undefined if one of them is invalid. */
export function readMessages(line: Buffer): readonly Message[] | undefined {
  const incoming = readMessage(line, CAPS);
  const items = incoming.kind === 'batch' ? incoming.items : [incoming];
  return items.every((item): item is Message => item.kind !== 'fault') ? items : undefined;
}

function messagesOf(line: Buffer): readonly Message[] {
  const incoming = readMessage(line, CAPS);
  const items = incoming.kind === 'batch' ? incoming.items : [incoming];
  return items.filter((item): item is Message => item.kind !== 'fault');
}

function keyOf(id: Id | undefined): string {
  return id === undefined ? '' : toJsonText(id as JsonValue);
}
