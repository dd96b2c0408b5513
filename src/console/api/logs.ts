import * as z from 'zod';
import { GATEWAY_AREA } from '../../gateway/stats/log-ring.ts';
import type { ConsoleApp } from '../parts.ts';
import { type ConsoleRoute, route } from './route.ts';
import type { LogPage } from './types.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const LIMIT = 500;

/** The log of the gateway and of its plugins. */
export const logRoutes: readonly ConsoleRoute[] = [
  route('get', '/logs', {
    scope: 'observe',
    query: {
      area: z.string().max(256).optional(),
      level: z.enum(LEVELS).optional(),
      q: z.string().max(256).optional(),
      before: z.coerce.number().int().min(0).optional(),
      limit: z.coerce.number().int().min(1).max(2_000).optional(),
    },
    handle({ app }, { query }): LogPage {
      const { area: asked = GATEWAY_AREA, level = 'debug', q = '', before = Number.POSITIVE_INFINITY, limit = LIMIT } = query;
      const area = areaOf(app, asked);
      const least = LEVELS.indexOf(level);
      const part = q.toLowerCase();
      const found = app.logs
        .lines(area)
        .filter((line) => line.seq < before && LEVELS.indexOf(line.level) >= least && line.text.toLowerCase().includes(part));
      const lines = found.slice(-limit);
      return {
        area,
        asked,
        areas: [...new Set([GATEWAY_AREA, ...app.logs.areas(), area])],
        lines,
        dropped: app.logs.dropped(area),
        ...(found.length > lines.length && lines[0] ? { next: String(lines[0].seq) } : {}),
      };
    },
  }),
];

// A plugin may be named by its id, although its log has another name.
function areaOf({ logs, registry }: Pick<ConsoleApp, 'logs' | 'registry'>, asked: string): string {
  if (logs.areas().includes(asked)) return asked;
  const plugin = registry.plugins().find(({ id }) => id === asked || `plugin:${id}` === asked);
  return plugin ? `plugin:${plugin.logName ?? plugin.id}` : asked;
}
