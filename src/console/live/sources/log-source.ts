import type { LoggedLine } from '../../../gateway/stats/log-ring.ts';
import type { LiveMessage } from '../../api/live-types.ts';
import type { ConsoleApp } from '../../parts.ts';
import type { TopicSource } from '../topics.ts';

const PREFIX = 'log:';
const BATCH_MS = 250;
/** Lines that a page gets first: it may have fetched the others just before they were logged. */
const LATEST = 100;
/** Lines of one batch; older ones of it are left out, and the page can fetch them. */
const MAX_LINES = 200;

/** New lines of the log, one topic for each area, such as `log:plugin:notes`. */
export function createLogSource({ logs }: Pick<ConsoleApp, 'logs'>): TopicSource {
  const wanted = new Map<string, { lines: LoggedLine[]; publish(message: LiveMessage): void }>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    for (const [area, { lines, publish }] of wanted)
      if (lines.length > 0) publish({ type: 'log', area, lines: lines.splice(0).slice(-MAX_LINES) });
  };
  return {
    scope: 'observe',
    has: (topic) => topic.startsWith(PREFIX),
    snapshot(topic) {
      const area = topic.slice(PREFIX.length);
      const lines = logs.lines(area).slice(-LATEST);
      return lines.length === 0 ? [] : [{ type: 'log', area, lines }];
    },
    start(topic, publish) {
      const area = topic.slice(PREFIX.length);
      wanted.set(area, { lines: [], publish });
      if (wanted.size === 1) {
        timer = setInterval(flush, BATCH_MS).unref();
        logs.onLine((of, line) => void wanted.get(of)?.lines.push(line));
      }
      return () => {
        wanted.delete(area);
        if (wanted.size > 0) return;
        clearInterval(timer);
        logs.onLine(undefined);
      };
    },
  };
}
