import { GatewayError } from '../../core/errors.ts';
import { type ConsoleRoute, route } from './route.ts';
import type { Client, Page } from './types.ts';

/** The connected clients. */
export const clientRoutes: readonly ConsoleRoute[] = [
  route('get', '/clients', {
    scope: 'observe',
    handle: ({ app }): Page<Client> => ({ items: app.engine.clients.list() }),
  }),
  route('delete', '/clients/:id', {
    scope: 'admin',
    audit: ({ params }) => ({ action: 'end-client', client: params.id ?? '' }),
    handle({ app }, { params }) {
      const { id = '' } = params;
      if (!app.engine.clients.end(id, 'An operator ended the session.'))
        throw new GatewayError('NOT_FOUND', `There is no client "${id}".`, { fix: 'It may have left: list the clients again.' });
    },
  }),
];
