import type { LiveMessage } from '../api/live-types.ts';
import type { ConsoleScope } from '../sessions.ts';

/** The topic that every page gets: plugins, tools, clients, changes and warnings. */
export const STATE_TOPIC = 'state';

/** Where the messages of some topics come from. It works only while a page wants one of them. */
export interface TopicSource {
  /** Whether it has a topic, such as `calls` or `log:notes`. */
  has(topic: string): boolean;
  /** The scope that a session needs for it. */
  readonly scope: ConsoleScope;
  /** Publishes messages until the returned function is called. */
  start(topic: string, publish: (message: LiveMessage) => void): () => void;
  /** What a page gets first, in addition to what it has fetched. */
  snapshot?(topic: string): readonly LiveMessage[];
}
