import type { Offer } from '../../../src/core/contract/plugin.ts';
import type { GatewayError } from '../../../src/core/errors.ts';
import type { Logger } from '../../../src/core/log.ts';
import type { UpstreamSession } from '../connection/session.ts';
import type { Lists } from '../offer.ts';
import { KeptList } from './kept-lists.ts';
import { memberOf } from './known.ts';
import type { ListKind } from './listed.ts';

const SOON_MS = 1_000;
/** How long the other lists wait for a list without an answer, in milliseconds. */
const GRACE_MS = 2_000;

/** The lists of a server across connections. A list that fails or hangs does not affect the others. */
export interface ServerLists {
  /** Reads all lists over a new connection. Resolves when there is something to serve, or all reads have ended. */
  follow(session: UpstreamSession, maxMs: number): Promise<void>;
  /** Reads some lists again; all by default. */
  read(kinds?: readonly ListKind[]): void;
  /** Reads all lists after 1 s, because a different server may respond by now. */
  readSoon(): void;
  /** The connection has ended. */
  leave(): void;
  /** The current lists. `remembers`: use the stored content of lists that have never been read. */
  current(remembers: boolean): Lists;
  /** Why no list could be read; undefined if one was, or the server has none. */
  failure(): GatewayError | undefined;
}

/** `changed` is called after later reads on a connection; `follow` reports the first one. `known`: the offer stored at the last start. */
export function createServerLists(log: Logger, changed: () => void, known?: Offer): ServerLists {
  let open: (() => void) | undefined;
  let grace: NodeJS.Timeout | undefined;
  let soon: NodeJS.Timeout | undefined;
  let isOver = false;

  const isWaiting = (): boolean => all.some(({ waiting }) => waiting);
  const publish = (): void => {
    clearTimeout(grace);
    grace = undefined;
    if (!open) return changed();
    if (isWaiting() && !all.some(({ good }) => good)) return;
    open();
    open = undefined;
  };
  const endGrace = (): void => {
    isOver = true;
    publish();
  };
  const startGrace = (): void => {
    grace ??= setTimeout(endGrace, GRACE_MS).unref();
  };
  const settled = (): void => {
    if (!isWaiting() || (open && isOver)) publish();
    else startGrace();
  };

  const make = (kind: ListKind): KeptList => new KeptList(kind, log, settled, known?.[memberOf(kind)]?.length);
  const tools = make('tools');
  const prompts = make('prompts');
  const resources = make('resources');
  const resourceTemplates = make('resourceTemplates');
  const skills = make('skills');
  const all = [tools, prompts, resources, resourceTemplates, skills];

  const read = (kinds?: readonly ListKind[]): void => {
    for (const list of all) if (kinds === undefined || kinds.includes(list.kind)) list.read();
  };
  const readAll = (): void => {
    soon = undefined;
    read();
  };

  return {
    follow(session, maxMs) {
      return new Promise((resolve) => {
        open = resolve;
        isOver = false;
        startGrace();
        for (const list of all) list.follow(session, maxMs);
      });
    },
    read,
    readSoon() {
      soon ??= setTimeout(readAll, SOON_MS).unref();
    },
    leave() {
      clearTimeout(grace);
      clearTimeout(soon);
      grace = soon = undefined;
      for (const list of all) list.leave();
    },
    current(remembers) {
      const unread = all.filter((list) => list.unread).map(({ kind }) => kind);
      return {
        tools: tools.items,
        prompts: prompts.items,
        resources: resources.items,
        resourceTemplates: resourceTemplates.items,
        skills: skills.items,
        awaitsTools: tools.unread && tools.waiting && tools.fault === undefined,
        unread,
        known: remembers && known && unread.some((kind) => (known[memberOf(kind)]?.length ?? 0) > 0) ? known : undefined,
        problems: all.flatMap((list) => list.problem() ?? []),
      };
    },
    failure() {
      const promised = all.filter((list) => list.promised);
      if (promised.length === 0 || promised.some(({ fault }) => fault === undefined)) return undefined;
      return promised[0]?.fault;
    },
  };
}
