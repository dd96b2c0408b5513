import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../src/core/log.ts';
import { isLoss } from '../connection/failures.ts';
import type { UpstreamSession } from '../connection/session.ts';

const AGAIN_MS = 1_000;
const MAX_MS = 30_000;

/** Subscribes to list changes and to the resources that clients subscribed to. */
export interface UpstreamSubscriptions {
  /** Replaces the set of subscribed URIs. */
  set(uris: ReadonlySet<string>): void;
  /** Switches to a new connection. */
  follow(session: UpstreamSession): void;
}

type Listening = Awaited<ReturnType<UpstreamSession['listen']>>;

/** Subscribes again on each new connection. */
export function createUpstreamSubscriptions(log: Logger): UpstreamSubscriptions {
  let wanted: ReadonlySet<string> = new Set();
  let session: UpstreamSession | undefined;
  let subscribed = new Set<string>();
  let againMs = AGAIN_MS;
  let again: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();

  // Changes are applied in order, so that an unsubscribe never overtakes its subscribe.
  const apply = (): void => {
    turn = turn.then(async () => {
      const current = session;
      if (!current) return;
      if (await tried(current.modern ? listen(current) : subscribe(current))) againMs = AGAIN_MS;
    });
  };

  // Lost requests are retried; rejected ones are not.
  const tried = (asked: Promise<unknown>): Promise<boolean> =>
    asked.then(
      () => true,
      (error: Error) => {
        log.debug(`the server accepted no subscription: ${error.message}`);
        if (isLoss(error) && session && !session.over) {
          clearTimeout(again);
          again = setTimeout(apply, againMs).unref();
          againMs = Math.min(2 * againMs, MAX_MS);
        }
        return false;
      },
    );

  const subscribe = async (current: UpstreamSession): Promise<void> => {
    if (!current.can('resources', 'subscribe')) return;
    // Independent requests: a rejected or unanswered one does not affect the others.
    const added = [...wanted].filter((uri) => !subscribed.has(uri));
    await Promise.all(
      added.map(async (uri) => {
        if (await tried(current.ask('resources/subscribe', { uri }))) subscribed.add(uri);
      }),
    );
    const ended = [...subscribed].filter((uri) => !wanted.has(uri));
    for (const uri of ended) subscribed.delete(uri);
    await Promise.all(ended.map((uri) => tried(current.ask('resources/unsubscribe', { uri }))));
  };

  // The modern era has one stream for all subscriptions. A change opens a new stream before the old one is closed.
  let stream: Listening | undefined;
  const listen = async (current: UpstreamSession): Promise<void> => {
    const filter = {
      ...(current.can('tools', 'listChanged') ? { toolsListChanged: true } : {}),
      ...(current.can('prompts', 'listChanged') ? { promptsListChanged: true } : {}),
      ...(current.can('resources', 'listChanged') ? { resourcesListChanged: true } : {}),
      ...(wanted.size > 0 && current.can('resources', 'subscribe') ? { resourceSubscriptions: [...wanted] } : {}),
    };
    const before = stream;
    stream = undefined;
    if (Object.keys(filter).length > 0) {
      const opened = await current.listen(filter);
      stream = opened;
      void opened.closed.then(async (cause) => {
        if (cause === 'local' || stream !== opened) return;
        // Changes during the gap are not reported again, so everything is read again.
        await sleep(AGAIN_MS, undefined, { ref: false });
        if (session !== current || stream !== opened) return;
        apply();
        current.notifications.changed();
      });
    }
    await before?.close();
  };

  return {
    set(uris) {
      wanted = uris;
      apply();
    },
    follow(next) {
      session = next;
      subscribed = new Set();
      stream = undefined;
      apply();
      void next.exited.then(() => {
        if (session === next) session = undefined;
      });
    },
  };
}
