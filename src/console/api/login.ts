import * as z from 'zod';
import { mayUse } from '../sessions.ts';
import { type ConsoleRoute, route } from './route.ts';

const secret = z.string().min(1).max(512);
/** As long as the headers of a request that carries it. */
const token = z
  .string()
  .min(1)
  .max(16 * 1024);

/** Logging in and out. */
export const loginRoutes: readonly ConsoleRoute[] = [
  {
    ...route('post', '/login', {
      scope: 'observe',
      body: z.union([z.strictObject({ code: secret }), z.strictObject({ token })]),
      async handle({ login, app, edge }, { body, address }) {
        if ('token' in body) await edge.verifyingToken(body.token);
        const answer = login.open(body, address);
        await app.admin.record({ principal: `console:${answer.who}`, transport: 'console' }, { action: 'login', outcome: 'ok' });
        return answer;
      },
    }),
    scope: undefined,
  },
  route('post', '/logout', {
    scope: 'observe',
    body: z.strictObject({ everywhere: z.boolean().optional() }),
    audit: ({ body }) => ({ action: 'logout', everywhere: body.everywhere ?? false }),
    handle({ sessions, live }, { body, session }) {
      if (!body.everywhere) sessions.end(session.id);
      // Only administrators may end the logins of others.
      else if (mayUse(session, 'admin')) sessions.endAll();
      else sessions.endOf(session.who);
      live.checkLogins();
    },
  }),
];
