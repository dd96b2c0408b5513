import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Limits } from '../config/limits.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import { parseExact } from '../core/json/exact-parse.ts';
import { isJsonObject, type JsonObject } from '../core/json/json.ts';
import type { Engine } from '../mcp/engine.ts';
import type { PlainClient } from '../mcp/modern/plain-call.ts';
import type { Frame, Outlet } from '../mcp/wire/outlet.ts';
import { acceptJson, readBody } from './body.ts';
import type { Edge } from './edge/edge.ts';
import type { InFlight } from './edge/in-flight.ts';
import type { Exchange, Route } from './router.ts';
import { sendJson } from './send-json.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  SCOPE_MISSING: 403,
  RATE_LIMITED: 429,
  UNKNOWN_TOOL: 404,
  NOT_FOUND: 404,
  DRAINING: 503,
  INTERNAL: 500,
};

/** `POST /api/tools/<tool>` or `/api/tools/<profile>/<tool>`, for code without MCP. The body holds the arguments, the reply the result. */
export function toolsRoute(engine: Engine, limits: Limits, inFlight: InFlight, edge: Edge): Route {
  return {
    POST(exchange: Exchange) {
      const { request, response, caller, name = '' } = exchange;
      acceptJson(request);
      readBody(exchange, limits.messageBytes, (body) => {
        const reply = new ApiReply(response, edge);
        const pending = engine.call(name, body, toClient(request), toWaitMs(request.headers.prefer), caller, reply);
        if (reply.done) return;
        inFlight.follow(caller, request, response, pending, () => {
          if (!reply.done) pending.gone();
        });
      });
    },
  };
}

function toClient({ headers }: IncomingMessage): PlainClient {
  return { name: headers['user-agent'] ?? '', headers };
}

// RFC 7240: `Prefer: wait=<seconds>`. A call for which the client does not wait is rejected at once if it needs a person.
function toWaitMs(prefer: string | string[] | undefined): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(String(prefer ?? ''))?.[1];
  return Number(seconds ?? 0) * 1000;
}

/** The reply of a call without the JSON-RPC envelope: the result, or the error object. */
class ApiReply implements Outlet {
  readonly #response: ServerResponse;
  readonly #logins: Pick<Edge, 'challenge'>;
  readonly hasStatus = true;
  done = false;

  constructor(response: ServerResponse, logins: Pick<Edge, 'challenge'>) {
    this.#response = response;
    this.#logins = logins;
  }

  // The request asks for no progress or log messages, so only the last frame matters.
  write({ bytes, last, challenge, retryAfterMs }: Frame): void {
    if (this.done || !last) return;
    this.done = true;
    if (bytes === undefined) return void this.#response.destroy();
    const { result, error } = parseExact(bytes.toString()) as { result?: JsonObject; error?: { message: string; data?: JsonObject } };
    if (isJsonObject(result)) {
      const { resultType: _, ...rest } = result;
      return this.#send(200, rest);
    }
    const code = error?.data?.code as ErrorCode | undefined;
    const headers = {
      ...(challenge && { 'WWW-Authenticate': this.#logins.challenge(this.#response.req, challenge) }),
      ...(retryAfterMs !== undefined && { 'Retry-After': Math.ceil(retryAfterMs / 1000) }),
    };
    this.#send((code && STATUS[code]) ?? 400, { error: error?.data ?? { message: error?.message ?? 'The call failed.' } }, headers);
  }

  #send(status: number, value: JsonObject, headers: OutgoingHttpHeaders = {}): void {
    if (this.#response.headersSent) return;
    sendJson(this.#response, status, toJsonText(value), headers);
  }
}
