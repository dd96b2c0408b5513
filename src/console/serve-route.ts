import express, { type Request, type RequestHandler, type Response } from 'express';
import type * as z from 'zod';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json/json.ts';
import { JsonError, parseMessage } from '../core/json/json-scan.ts';
import { HttpError } from '../transports/edge/http-error.ts';
import { readMediaType } from '../transports/edge/media-type.ts';
import { whileAllowed } from '../transports/edge/while-allowed.ts';
import type { ConsoleRoute } from './api/route.ts';
import type { Asked, ConsoleContext } from './context.ts';
import { invalidFields } from './invalid-fields.ts';
import { loginEnded } from './login.ts';
import { sendAnswer } from './send-answer.ts';
import { mayUse, type Session } from './sessions.ts';

const MAX_BYTES = 64 * 1024;
const CAPS = { depth: 64, keys: 10_000, items: 10_000 };

/** The steps of one route, in order: login and scope, the body, its fields, then the handler. */
export function serveRoute(route: ConsoleRoute, context: ConsoleContext): RequestHandler[] {
  const steps: RequestHandler[] = [
    async (request, response, next) => {
      response.locals.session = await authorize(route, context, request);
      next();
    },
    (request, _response, next) => {
      if (hasBody(request) && readMediaType(request.headers['content-type']) !== 'json')
        throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json in UTF-8.');
      next();
    },
    express.raw({ type: () => true, limit: MAX_BYTES, inflate: false }),
    async (request, response) => {
      const session = response.locals.session as Session;
      const stop = abortedBy(response);
      // The key may have been revoked while the body arrived.
      const checkLogin = (): void => {
        if (!route.scope || isOpen(context, session)) return;
        stop.abort('The login has ended.');
        throw loginEnded();
      };
      if (hasBody(request)) checkLogin();
      const asked = {
        params: request.params as Readonly<Record<string, string>>,
        query: check(route.query, { ...request.query }, 'query'),
        body: check(route.body, parseBody(request.body), 'body'),
        session,
        by: toActor(session),
        signal: stop.signal,
        address: context.edge.addressOf(request),
        port: request.socket.localPort ?? 0,
      } as Asked<never, never>;
      sendAnswer(context.redactor, request, response, await whileAllowed(run(route, context, asked), checkLogin));
    },
  ];
  return steps;
}

// A session that cannot be looked up has ended.
function isOpen({ sessions }: ConsoleContext, { id }: Session): boolean {
  try {
    return sessions.isOpen(id);
  } catch {
    return false;
  }
}

async function authorize(route: ConsoleRoute, { app, login }: ConsoleContext, request: Request): Promise<Session | undefined> {
  if (!route.scope) return undefined;
  const session = login.sessionOf(request);
  if (mayUse(session, route.scope)) return session;
  await app.admin.record(toActor(session), { action: nameOf(route), outcome: 'refused', code: 'FORBIDDEN' });
  throw new HttpError(403, 'FORBIDDEN', 'This login may look, but not change anything.');
}

async function run(route: ConsoleRoute, context: ConsoleContext, asked: Asked<never, never>): Promise<unknown> {
  if (!route.audit) return route.handle(context, asked);
  const fields = { ...route.audit(asked) };
  try {
    const answer = await route.handle(context, asked);
    await context.app.admin.record(asked.by, { ...fields, outcome: 'ok' });
    return answer;
  } catch (error) {
    const code: JsonObject = error instanceof GatewayError ? { code: error.code } : {};
    await context.app.admin.record(asked.by, { ...fields, outcome: 'error', ...code });
    throw error;
  }
}

function toActor(session: Session | undefined): Asked<never, never>['by'] {
  return { principal: `console:${session?.who ?? ''}`, transport: 'console' };
}

function nameOf({ method, path }: ConsoleRoute): string {
  return `${method.toUpperCase()} ${path}`;
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function parseBody(body: unknown): JsonValue {
  if (!Buffer.isBuffer(body) || body.length === 0) return {};
  try {
    return parseMessage(body, new TextDecoder('utf-8', { fatal: true }).decode(body), CAPS);
  } catch (error) {
    throw new GatewayError('INVALID_PARAMS', `The body is not valid JSON${error instanceof JsonError ? `: ${error.message}` : ''}.`);
  }
}

function check(schema: z.ZodType, value: unknown, what: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidFields(schema, parsed.error, what);
}

function abortedBy(response: Response): AbortController {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort('The request was closed.');
  });
  return controller;
}
