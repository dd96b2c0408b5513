import * as z from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { Grant as StoredGrant } from '../../policy/grants.ts';
import { type ConsoleRoute, route } from './route.ts';
import type { Grant } from './tool-types.ts';
import type { Page } from './types.ts';

const name = z.string().max(512);

/** Tools that a person has allowed for good. */
export const grantRoutes: readonly ConsoleRoute[] = [
  route('get', '/grants', {
    scope: 'observe',
    handle: ({ app }): Page<Grant> => ({ items: app.grants.list().map(toGrant) }),
  }),
  route('delete', '/grants', {
    scope: 'admin',
    body: z.strictObject({ principal: name, profile: name, plugin: name, tool: name }),
    audit: ({ body: { principal, profile, plugin, tool } }) => ({ action: 'forget', plugin, tool, for: principal, profile }),
    handle({ app }, { body }) {
      if (!app.grants.revoke(body))
        throw new GatewayError('NOT_FOUND', 'There is no such approval.', { fix: 'It may be revoked already: list the approvals again.' });
    },
  }),
];

/** A stored approval as the page shows it. */
export function toGrant({ principal, profile, plugin, tool, time }: StoredGrant): Grant {
  return { principal, profile, plugin, tool, at: time };
}
