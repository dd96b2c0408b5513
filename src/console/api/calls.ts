import * as z from 'zod';
import { GatewayError } from '../../core/errors.ts';
import { type ConsoleRoute, route } from './route.ts';
import { markBefore, readCalls, readMark, toCallLine } from './shown/call-lines.ts';
import type { CallLine, Page } from './types.ts';

const text = z.string().max(256).optional();
const LIMIT = 200;

interface Filter {
  readonly plugin?: string | undefined;
  readonly tool?: string | undefined;
  readonly client?: string | undefined;
  readonly outcome?: string | undefined;
  readonly longer?: number | undefined;
}

/** Finished calls: the latest from memory, older ones from the audit log. */
export const callRoutes: readonly ConsoleRoute[] = [
  route('get', '/calls', {
    scope: 'observe',
    query: {
      plugin: text,
      tool: text,
      client: text,
      outcome: z.enum(['ok', 'error', 'refused', 'cancelled', 'failed']).optional(),
      longer: z.coerce.number().min(0).optional(),
      before: z.string().max(128).optional(),
      limit: z.coerce.number().int().min(1).max(500).optional(),
    },
    handle({ app, started }, { query }): Page<CallLine> {
      const { before, limit = LIMIT } = query;
      const wanted = (call: CallLine): boolean => isWanted(call, query);
      const mark = before === undefined ? undefined : readMark(before);
      if (mark) return readCalls(app.config().state, mark, wanted, limit);
      const { recent } = app.gateway.stats;
      const from = before === undefined ? Number.POSITIVE_INFINITY : Number(before);
      if (Number.isNaN(from)) throw new GatewayError('INVALID_PARAMS', '"before" is not a value of "next".', { field: 'before' });
      const items = recent.list((call) => wanted(toCallLine(call)), from, limit).map(toCallLine);
      const last = items.at(-1);
      if (items.length >= limit && last) return { items, next: String(last.seq) };
      // The memory begins with the oldest call that it keeps, the files hold what was before.
      return { items, next: markBefore(recent.oldest() ?? started) };
    },
  }),
];

function isWanted({ plugin, tool, client, outcome, ms }: CallLine, filter: Filter): boolean {
  return (
    (filter.plugin === undefined || plugin === filter.plugin) &&
    (filter.tool === undefined || tool === filter.tool) &&
    (filter.client === undefined || client === filter.client) &&
    (filter.outcome === undefined || outcome === filter.outcome || (filter.outcome === 'failed' && outcome !== 'ok')) &&
    ms >= (filter.longer ?? 0)
  );
}
