import * as z from 'zod';
import { type ConsoleRoute, route } from './route.ts';
import { lockOf } from './shown/lock.ts';
import type { Changes } from './tool-types.ts';

const part = z.strictObject({ plugin: z.string().max(256), tool: z.string().max(1_024), surface: z.string().max(64) });

/** What differs from the lock file. */
export const changeRoutes: readonly ConsoleRoute[] = [
  route('get', '/changes', {
    scope: 'observe',
    async handle({ app }): Promise<Changes> {
      const rules = app.pins.rules();
      if (!rules) return { items: [], accepted: [] };
      const all = (await lockOf(app)).changes();
      return {
        ...(app.pins.file === undefined ? {} : { lockFile: app.pins.file }),
        since: rules.since,
        items: all.filter(({ accepted }) => !accepted),
        accepted: all.filter(({ accepted }) => accepted),
      };
    },
  }),
  route('post', '/changes/accept', {
    scope: 'admin',
    body: z.strictObject({ tools: z.array(part).min(1).max(500) }),
    audit: ({ body }) => ({ action: 'accept-changes', changed: body.tools.map(({ plugin, tool }) => `${plugin}/${tool}`) }),
    async handle({ app }, { body, by }) {
      (await lockOf(app)).accept(body.tools, by.principal);
    },
  }),
];
