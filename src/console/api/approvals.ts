import * as z from 'zod';
import type { WaitingCall } from '../../gateway/approval/approval-queue.ts';
import { type ConsoleRoute, route } from './route.ts';
import type { Waiting } from './tool-types.ts';
import type { Page } from './types.ts';

/** The calls that wait for a person, and the answers to them. */
export const approvalRoutes: readonly ConsoleRoute[] = [
  route('get', '/approvals', {
    scope: 'admin',
    async handle({ app }): Promise<Page<Waiting>> {
      return { items: (await app.approvals.queue()).waiting().map(toWaiting) };
    },
  }),
  route('post', '/approvals/:id', {
    scope: 'admin',
    body: z.strictObject({ answer: z.enum(['once', 'session', 'always', 'deny']), shown: z.string().max(200) }),
    audit: ({ params, body }) => ({ action: 'answer-approval', id: params.id ?? '', answer: body.answer }),
    async handle({ app }, { params, body, session }) {
      (await app.approvals.queue()).answer(params.id ?? '', body, session.who);
    },
  }),
];

/** A waiting call as the page gets it. */
export function toWaiting({ preview, place, ...entry }: WaitingCall): Waiting {
  return { ...entry, ...(place !== undefined && { place }), ...(preview !== undefined && { preview }) } as Waiting;
}
