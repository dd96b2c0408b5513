import * as z from 'zod';
import { GatewayError } from '../../core/errors.ts';
import { type ConsoleRoute, route } from './route.ts';
import { markBefore, readCalls, readMark, toCallLine } from './shown/call-lines.ts';
import type { CallLine, CallPage } from './types.ts';

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
    handle({ app, started }, { query }): CallPage {
      const { before, limit = LIMIT } = query;
      const wanted = (call: CallLine): boolean => isWanted(call, query);
      const mark = before === undefined ? undefined : readMark(before);
      const { recent } = app.gateway.stats;
      const last = recent.last();
      if (mark) return { ...readCalls(app.config().state, mark, wanted, limit), last };
      const from = before === undefined ? Number.POSITIVE_INFINITY : Number(before);
      if (Number.isNaN(from)) throw new GatewayError('INVALID_PARAMS', '"before" is not a value of "next".', { field: 'before' });
      const items = recent.list((call) => wanted(toCallLine(call)), from, limit).map(toCallLine);
      const end = items.at(-1);
      if (items.length >= limit && end) return { items, last, next: String(end.seq) };
      // The memory begins with the oldest call that it keeps, the files hold what was before.
      return { items, last, next: markBefore(recent.oldest() ?? started) };
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
