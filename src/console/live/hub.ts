import { toError } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import type { Logger } from '../../core/log.ts';
import type { Redactor } from '../../core/secrets/redact.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import type { LiveMessage } from '../api/live-types.ts';
import { mayUse } from '../sessions.ts';
import type { Droppable, PageSocket } from './page-socket.ts';
import { STATE_TOPIC, type TopicSource } from './topics.ts';

const DROPPABLE: ReadonlySet<string> = new Set<Droppable>(['call', 'log']);

/** Connects topics to the pages that want them. */
export interface Hub {
  publish(topic: string, message: LiveMessage): void;
  send(page: PageSocket, message: LiveMessage): void;
  /** Sets the topics of a page. Topics that do not exist, or are not for its session, are left out. */
  want(page: PageSocket, topics: readonly string[]): void;
  /** Starts and stops sources, after a page has left. */
  update(): void;
}

/** Creates the hub of a set of pages. A source runs only while a page wants one of its topics. */
export function createHub(pages: ReadonlySet<PageSocket>, sources: readonly TopicSource[], redactor: Redactor, log: Logger): Hub {
  const running = new Map<string, () => void>();
  const sourcesOf = (topic: string): readonly TopicSource[] => sources.filter((source) => source.has(topic));
  const textOf = (message: LiveMessage): string => wellFormedJson(toJsonText(redactor.texts(message)));
  const dropOf = ({ type }: LiveMessage): Droppable | undefined => (DROPPABLE.has(type) ? (type as Droppable) : undefined);

  const publish = (topic: string, message: LiveMessage): void => {
    let text: string | undefined;
    for (const page of pages) {
      if (!page.wanted.has(topic)) continue;
      text ??= textOf(message);
      page.send(text, dropOf(message));
    }
  };
  const guarded = <T>(topic: string, nothing: T, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      log.error(`console: the topic "${topic}" failed: ${toError(error).stack}`);
      return nothing;
    }
  };
  const update = (): void => {
    const wanted = new Set([...pages].flatMap((page) => [...page.wanted]));
    for (const [topic, stop] of running) {
      if (wanted.has(topic)) continue;
      running.delete(topic);
      guarded(topic, undefined, stop);
    }
    for (const topic of wanted) {
      if (running.has(topic)) continue;
      const stops = sourcesOf(topic).map((source) =>
        guarded(
          topic,
          () => undefined,
          () => source.start(topic, (message) => publish(topic, message)),
        ),
      );
      running.set(topic, () => {
        for (const stop of stops) stop();
      });
    }
  };
  const send = (page: PageSocket, message: LiveMessage): void => page.send(textOf(message), dropOf(message));

  return {
    publish,
    send,
    update,
    want(page, topics) {
      const { session, wanted: before } = page;
      const may = (topic: string): boolean => {
        const found = sourcesOf(topic);
        return session !== undefined && found.length > 0 && found.every(({ scope }) => mayUse(session, scope));
      };
      page.wanted = new Set([STATE_TOPIC, ...topics.filter(may)]);
      // Started before its snapshot is taken, so that no change is between the two.
      update();
      for (const topic of page.wanted) {
        if (before.has(topic)) continue;
        for (const source of sourcesOf(topic))
          for (const message of guarded(topic, [], () => source.snapshot?.(topic) ?? [])) send(page, message);
      }
    },
  };
}
